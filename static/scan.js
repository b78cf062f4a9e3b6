/* The way of a scan from the page: kept on disk with its key, sent in order with the fields of the answer before, shown.
   A lost answer is asked for again with the same key and the same fields, so nothing is lost and nothing counts twice. */
(function () {
  "use strict";

  var store = window.PickfaceStore, wedge = window.PickfaceWedge, sounds = window.PickfaceSounds;
  var ANSWER_MS = 8000, RETRY_MS = [500, 1000, 2000], LEASE_MS = 12000, MOST = 500, DOUBLE_TAP_MS = 400, BADGE_MS = 600, FAULTS = 5, LATEST = "pickface-latest";
  var ROOMS = ["receiving", "putaway", "replenishing", "picking", "packing", "shipping", "counting", "clearing", "returning"];
  var person = meta("person"), say = JSON.parse(document.body.dataset.say || "{}"), page = newKey();
  var queue = [], sending = false, held = false, stopped = false, tries = 0, timer = 0, keeping = Promise.resolve();
  var light = "ok", room = "", lastTap = { code: "", at: 0 };

  function meta(name) { var found = document.querySelector("meta[name=" + name + "]"); return found ? found.content : ""; }
  function byId(id) { return document.getElementById(id); }
  function told() { return byId("screen").dataset; }
  function nothing() { return undefined; }

  /* ------------------------------------------------------------ taking scans in */

  function take(code, via) {
    if (signIn(code) || waitingForSignIn(code)) { return; }
    if (held && (code === "XXOK" || code === "XXBACK")) { decide(code === "XXOK"); return; }
    if (code === "XXLOCK" && held) { signOut("out"); return; }
    if (bring(code, via)) { return; }
    if (!waiting().length && leads(code)) { return; }
    keep(code, via, room);
  }

  /** Stores a scan before anything else happens to it; resolves when it is on disk. */
  function keep(code, via, where) {
    if (queue.length >= MOST) { sounds.play("error"); notify(say.full); return Promise.resolve(); }
    var scan = {
      key: newKey(), code: code, via: via, at: new Date().toISOString(), person: person, room: where, href: "", step: "", what: "", sent: 0, held: held
    };
    queue.push(scan);
    keeping = keeping.then(function () { return store.add(scan); }).then(function (id) { scan.id = id; }, function () { scan.id = -1; });
    if (held) { showHeld(); }
    shine();
    return keeping.then(pump);
  }

  function newKey() {
    var bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.prototype.map.call(bytes, function (byte) { return ("0" + byte.toString(16)).slice(-2); }).join("");
  }

  /** The scans that wait for this room; those of another one wait until it is opened again. */
  function waiting() { return queue.filter(function (scan) { return scan.room === room; }); }

  function roomOf(path) {
    var first = path.split(/[/?#]/)[1];
    return ROOMS.indexOf(first) >= 0 ? first : "";
  }

  /** Codes that lead to another page, and pages that have no work of their own. */
  function leads(code) {
    var now = told(), working = Boolean(now.scanHref), idle = !working && !now.nextHref;
    if (code === "XXLOCK") { signOut("out"); return true; }
    if (code === "XXMENU" || code === "XXBACK" && (!working || now.done === "1")) { go("/floor"); return true; }
    if (ROOMS.indexOf(code.slice(2).toLowerCase()) >= 0 && /^XX[A-Z]+$/.test(code)) { go("/floor?code=" + code); return true; }
    if (!working && /^XB\d{6,}$/.test(code)) { sounds.play("error"); notify(say.badge_here); return true; }
    if (idle && submit(code)) { return true; }
    if (idle) { go(code === "XXOK" ? "/floor" : "/lookup?code=" + encodeURIComponent(code)); return true; }
    return false;
  }

  /** A form that a code stands for: scanning it is pressing its button. */
  function submit(code) {
    var form = Array.prototype.filter.call(document.querySelectorAll("form[data-scan]"), function (each) {
      return each.dataset.scan === code || each.dataset.barcode === code;
    })[0];
    if (form) { form.submit(); }
    return Boolean(form);
  }

  /** Goes to a page of ours, unless there is no way there: a browser's own error page would be a dead end. */
  function go(path) {
    ask("/healthz", { method: "GET" }).then(function (answer) {
      if (answer.status) { location.assign(path); } else { cutOff(); }
    });
  }

  function cutOff() { shine("off"); sounds.play("error"); notify(say.offline); }

  /** On the sign-in page a scan is the badge. */
  function signIn(code) {
    var badge = byId("badge");
    if (!badge) { return false; }
    badge.value = code;
    byId("pin").focus();
    return true;
  }

  /** Signed out in mid-work: a badge is never kept, it is asked for on the sign-in page; other scans wait. */
  function waitingForSignIn(code) {
    var link = document.querySelector("a[data-sign-in]");
    if (!link || code !== "XXOK" && !/^XB\d{6,}$/.test(code)) { return false; }
    go(link.getAttribute("href"));
    return true;
  }

  /** On the camera's page a scan belongs to the page that it came from. */
  function bring(code, via) {
    var camera = byId("camera");
    if (!camera) { return false; }
    var next = camera.dataset.next, where = roomOf(next);
    if (where) { keep(code, via, where).then(function () { go(next); }); } else { leads(code); }
    return true;
  }

  function tapped(event) {
    var button = event.target.closest ? event.target.closest("button[data-code]") : null;
    if (!button || byId("badge")) { return; }
    event.preventDefault();
    var now = event.timeStamp, code = button.dataset.code;
    var waits = queue.some(function (scan) { return scan.via === "button" && scan.code === code && scan.room === room; });
    if (waits || lastTap.code === code && now - lastTap.at < DOUBLE_TAP_MS) { return; }
    lastTap = { code: code, at: now };
    closeSheet();
    take(code, "button");
    focus();
  }

  /* ------------------------------------------------------------ sending */

  function pump() {
    var scan = waiting()[0];
    shine();
    if (sending || held || stopped || timer || !scan || scan.id === undefined) { return; }
    sending = true;
    alone(function () { return turn(scan); }).catch(function (fault) {
      console.error("Pickface:", fault);
      again({ status: 0, wait: 0 });
    }).then(function () { sending = false; pump(); });
  }

  /** One tab at a time: another one of the same device may hold the same scans. */
  function alone(job) {
    if (navigator.locks && navigator.locks.request) { return navigator.locks.request("pickface-send", job); }
    return store.lease(page, LEASE_MS).catch(function () { return true; }).then(function (mine) {
      if (!mine) { again({ status: 0, wait: 0.3, busy: true }); return undefined; }
      return job().then(giveBack, function (fault) { return giveBack().then(function () { throw fault; }); });
    });
  }

  function giveBack() { return store.lease(page, 0).then(nothing, nothing); }

  function turn(scan) {
    return (scan.id > 0 ? store.get(scan.id) : Promise.resolve(scan)).catch(function () { return scan; }).then(function (kept) {
      if (!kept) { leave(scan); return undefined; } // another tab has sent it
      Object.assign(scan, kept);
      if (scan.held) { held = true; showHeld(); return undefined; }
      return upToDate(scan).then(function (fresh) { return fresh ? send(scan) : undefined; });
    });
  }

  function send(scan) {
    if (!scan.href && leads(scan.code)) { return done(scan); }
    aim(scan);
    scan.sent += 1;
    return save(scan).then(function () { return fetchScreen("POST", scan.href, fieldsOf(scan)); }).then(function (answer) { return heard(scan, answer); });
  }

  /** Where another tab had the last answer, the screen is fetched anew: a scan goes with the fields of the answer before. */
  function upToDate(scan) {
    if (scan.href || !told().href || latest() === page) { return Promise.resolve(true); }
    return fetchScreen("GET", told().href).then(function (answer) {
      if (answer.status !== 200) { heard(scan, answer.status ? answer : { status: 0, text: "", wait: 0 }); return false; }
      show(answer.text);
      return true;
    });
  }

  function latest() { try { return localStorage.getItem(LATEST) || page; } catch (error) { return page; } }
  function isLatest() { try { localStorage.setItem(LATEST, page); } catch (error) { /* then an old screen is refused, and shown anew */ } }

  /** Where a scan goes is decided once, by the screen that was there, and kept with it: a repeat is the very same. */
  function aim(scan) {
    if (scan.href) { return; }
    var now = told();
    if (now.scanHref && (now.done !== "1" || scan.code === "XXUNDO")) {
      scan.href = now.scanHref; scan.step = now.step; scan.what = "scan";
    } else {
      scan.href = now.nextHref; scan.what = scan.what === "begin" ? "begin" : "next";
    }
  }

  function save(scan) { return scan.id > 0 ? store.put(scan).then(nothing, nothing) : Promise.resolve(); }

  function fieldsOf(scan) {
    var fields = new URLSearchParams();
    if (scan.what === "next") { fields.set("key", scan.key + "-next"); return fields; }
    fields.set("key", scan.key);
    fields.set("code", scan.code);
    fields.set("via", scan.via);
    fields.set("occurred_at", scan.at);
    if (scan.what === "scan") { fields.set("step", scan.step); }
    return fields;
  }

  function fetchScreen(method, path, fields) {
    return ask(path, {
      method: method, body: fields, headers: { "HX-Request": "true", "X-CSRFToken": meta("csrf-token"), "X-Page": page, "Accept": "text/html" }
    }).then(function (answer) { // a sign-in page of the wireless network is no answer of ours
      return answer.status && answer.status < 500 && !/<main id="screen"/.test(answer.text) ? { status: 0, text: "", wait: 0 } : answer;
    });
  }

  /** Fetches; status 0 where no answer came in time. */
  function ask(path, how) {
    var stop = new AbortController(), late = setTimeout(function () { stop.abort(); }, ANSWER_MS);
    how.credentials = "same-origin";
    how.signal = stop.signal;
    return fetch(path, how).then(function (response) {
      return response.text().then(function (text) {
        return { status: response.status, text: text, wait: Number(response.headers.get("Retry-After")) || 0 };
      });
    }).catch(function () { return { status: 0, text: "", wait: 0 }; }).then(function (answer) { clearTimeout(late); return answer; });
  }

  function heard(scan, answer) {
    if (answer.status === 500 && tries >= FAULTS) { tries = 0; sounds.play("error"); notify(say.busy); return hold(scan.room); }
    if (answer.status === 0 || answer.status >= 500) { return again(answer); }
    tries = 0;
    light = "ok";
    if (answer.status === 401) { stopped = true; sounds.play("error"); show(answer.text); notify(say.signed_out); return undefined; }
    if (answer.status === 400 && !scan.reloaded) { // the page is older than the session: a new one has the right token
      scan.reloaded = true;
      stopped = true;
      return save(scan).then(function () { location.reload(); });
    }
    show(answer.text);
    if (answer.status === 409 && scan.sent > 1) { return overtaken(scan); }
    if (answer.status !== 200) { sounds.play("error"); return done(scan).then(function () { return hold(scan.room); }); }
    if (scan.what === "next") { return onward(scan); }
    sounds.play(told().level || "ok");
    return done(scan);
  }

  /** It waited so long that somebody else went on: it counted for nothing yet, so it is not dropped without a word. */
  function overtaken(scan) {
    scan.href = ""; scan.step = ""; scan.what = ""; scan.sent = 0;
    sounds.play("error");
    return hold(scan.room);
  }

  /** The next work is on the screen; what was scanned to get there is a scan on it, unless it was only the OK. */
  function onward(scan) {
    scan.href = ""; scan.step = "";
    if (scan.code === "XXOK") { sounds.play(told().level || "ok"); return done(scan); }
    scan.what = told().scanHref ? "scan" : "begin";
    return save(scan);
  }

  function again(answer) {
    if (!answer.busy) { light = answer.status === 0 ? "off" : "waiting"; }
    if (answer.status && tries === 0) { notify(/data-notice="disk_full"/.test(answer.text) ? say.disk_full : say.busy); }
    var wait = answer.wait * 1000 || RETRY_MS[Math.min(tries, RETRY_MS.length - 1)];
    tries += answer.busy ? 0 : 1;
    timer = setTimeout(now, wait);
  }

  function now() { clearTimeout(timer); timer = 0; pump(); }

  function leave(scan) { queue = queue.filter(function (each) { return each !== scan; }); }

  function done(scan) {
    leave(scan);
    return scan.id > 0 ? store.remove(scan.id).then(nothing, nothing) : Promise.resolve();
  }

  /** After a refusal the rest waits for the person: what comes next may not have been meant for this screen. */
  function hold(where) {
    var rest = queue.filter(function (scan) { return scan.room === where; });
    rest.forEach(function (scan) { scan.held = true; });
    held = waiting().length > 0;
    showHeld();
    return keeping.then(function () { return Promise.all(rest.map(save)); });
  }

  function decide(send) {
    var all = waiting();
    held = false;
    if (!send) { all.forEach(leave); }
    showHeld();
    keeping.then(function () {
      return Promise.all(all.map(function (scan) { scan.held = false; return send ? save(scan) : done(scan); }));
    }).then(pump);
    focus();
  }

  /** Takes over what is kept on this device: from before a reload, from the camera, from another tab. */
  function gather() {
    return store.all().then(function (kept) {
      var ours = {}, mine = kept.filter(function (scan) { return person && scan.person === person; });
      queue.forEach(function (scan) { ours[scan.key] = scan; });
      queue = mine.map(function (scan) { return ours[scan.key] || scan; })
        .concat(queue.filter(function (scan) { return !(scan.id > 0); }));
      held = waiting().some(function (scan) { return scan.held; });
      if (person && kept.length > mine.length) { notify(say.others); }
      if (queue.length > waiting().length) { notify(say.elsewhere); }
      showHeld();
      pump();
    }).catch(function () { shine(); });
  }

  /* ------------------------------------------------------------ showing */

  function show(html) {
    isLatest();
    htmx.swap("#screen", html, { swapStyle: "outerHTML" });
    var href = told().href;
    if (href && href !== location.pathname) { history.replaceState(null, "", href); }
    enter();
    shine();
    focus();
  }

  /** Whose scans are taken now. Signed out in mid-work, it is still the room from before. */
  function enter() {
    if (!document.querySelector("a[data-sign-in]")) { room = told().scanHref || told().nextHref ? told().room : ""; }
  }

  function shine(state) {
    var lamp = document.querySelector(".light"), waits = queue.length;
    if (state) { light = state; }
    if (!lamp) { return; }
    var now = light === "off" || navigator.onLine === false ? "off" : waits > (sending ? 1 : 0) || light === "waiting" ? "waiting" : "ok";
    var number = now === "ok" ? "" : String(waits || "");
    if (lamp.dataset.light !== now) { lamp.dataset.light = now; }
    if (lamp.textContent !== number) { lamp.textContent = number; }
    lamp.title = now === "off" ? say.offline : now === "waiting" ? say.waiting + " " + waits : say.online;
  }

  function notify(text) {
    var body = document.querySelector("#screen .body"), said = byId("said");
    if (!body || !text) { return; }
    if (!said) { said = document.createElement("section"); said.id = "said"; said.className = "notice warn"; said.setAttribute("role", "alert"); body.insertBefore(said, body.firstChild); }
    said.textContent = "";
    said.appendChild(element("p", text));
  }

  function element(name, text) { var made = document.createElement(name); made.textContent = text; return made; }

  function showHeld() {
    var box = byId("held");
    if (!box) { return; }
    box.hidden = !held;
    box.textContent = "";
    if (!held) { return; }
    var list = document.createElement("ol");
    waiting().forEach(function (scan) { list.appendChild(element("li", scan.code)); });
    box.appendChild(element("p", say.held));
    box.appendChild(list);
    ["send", "drop"].forEach(function (what) {
      var button = element("button", say["held_" + what]);
      button.type = "button";
      button.dataset.held = what;
      button.addEventListener("click", function () { decide(what === "send"); });
      box.appendChild(button);
    });
  }

  /* ------------------------------------------------------------ typing by hand */

  function typeBox(text) {
    var box = byId("type-box"), badge = byId("badge");
    if (badge) { badge.value += text; badge.focus(); return; }
    closeSheet();
    if (!box) {
      box = document.createElement("form");
      box.id = "type-box";
      var label = element("label", say.typed), field = document.createElement("input");
      field.autocomplete = "off";
      field.autocapitalize = "off";
      field.spellcheck = false;
      field.maxLength = 500;
      label.appendChild(field);
      box.appendChild(label);
      document.body.appendChild(box);
      box.addEventListener("submit", function (event) { event.preventDefault(); var typed = field.value.trim(); closeBox(); if (typed) { take(meant(typed), "typed"); } });
      box.addEventListener("keydown", function (event) { if (event.key === "Escape") { closeBox(); } });
    }
    var input = box.querySelector("input");
    input.inputMode = told().expects === "quantity" || told().expects === "weight" ? "numeric" : "text";
    input.type = told().expects === "text" && room ? "password" : "text";
    input.value = text || "";
    input.focus();
  }

  /** A plain number means what the screen asks for: a quantity, a weight in grams, an expiry. */
  function meant(typed) {
    var before = { quantity: /^\d{1,7}$/, weight: /^\d{1,7}$/, expiry: /^\d{8}$/ }, letter = { quantity: "XQ", weight: "XW", expiry: "XE" };
    var wants = told().expects;
    return before[wants] && before[wants].test(typed) ? letter[wants] + typed : typed;
  }

  function closeBox() { var box = byId("type-box"); if (box) { box.parentNode.removeChild(box); } focus(); }
  function closeSheet() { var more = document.querySelector("details.more[open]"); if (more) { more.open = false; } }

  /* ------------------------------------------------------------ focus, idleness, start */

  function focus() {
    var field = byId("scan"), at = document.activeElement;
    if (!field || at === field || at && at !== document.body && at.id !== "screen" && wedge.formField(at)) { return; }
    if (document.querySelector("details.more[open]")) { return; }
    field.focus({ preventScroll: true });
  }

  function signOut(why) {
    var fields = new URLSearchParams();
    fields.set("csrf_token", meta("csrf-token"));
    fields.set("why", why);
    ask("/logout", { method: "POST", body: fields }).then(function (answer) {
      if (!answer.status) { cutOff(); return; }
      location.assign("/login" + (why === "idle" ? "?why=signed_out&next=" + encodeURIComponent(told().href || "/floor") : ""));
    });
  }

  var active = nothing;

  /** Signs out who left the device alone, unless scans wait. Activity in another tab counts too. */
  function watchIdle() {
    var ms = Number(document.body.dataset.idleS || 0) * 1000, idle = 0, last = 0, ACTIVE = "pickface-active";
    if (!person || !ms) { return; }
    function arm(after) { clearTimeout(idle); idle = setTimeout(judge, after); }
    function judge() {
      var left = latest() + ms - Date.now();
      if (left > 0) { arm(left); } else if (queue.length) { arm(ms); } else { arm(ms); signOut("idle"); }
    }
    function latest() { try { return Math.max(last, Number(localStorage.getItem(ACTIVE)) || 0); } catch (error) { return last; } }
    active = function () {
      var before = last;
      last = Date.now();
      if (last - before < 1000) { return; }
      try { localStorage.setItem(ACTIVE, String(last)); } catch (error) { /* this tab knows it */ }
    };
    ["keydown", "pointerdown", "touchstart", "input"].forEach(function (name) { document.addEventListener(name, active, true); });
    active();
    arm(ms);
  }

  /** A badge is followed by its PIN, whether the scanner sends an Enter or not. */
  function watchBadge(badge) {
    var quiet = 0;
    function onward() { clearTimeout(quiet); if (badge.value) { byId("pin").focus(); } }
    badge.addEventListener("keydown", function (event) {
      if (event.key === "Enter" || event.key === "Tab") { event.preventDefault(); onward(); }
    });
    badge.addEventListener("input", function () {
      clearTimeout(quiet);
      if (/^XB\d{6,}$/.test(badge.value)) { quiet = setTimeout(onward, BADGE_MS); }
    });
  }

  function start() {
    isLatest();
    enter();
    wedge.listen(take, typeBox);
    document.addEventListener("click", tapped, true);
    document.addEventListener("click", function (event) {
      if (event.target.closest && event.target.closest("[data-type]")) { event.preventDefault(); typeBox(""); }
    });
    if (byId("badge")) { watchBadge(byId("badge")); }
    document.addEventListener("focusout", function () { setTimeout(focus, 0); });
    document.addEventListener("visibilitychange", function () { if (!document.hidden) { focus(); gather(); } });
    window.addEventListener("pageshow", function (event) { if (event.persisted) { gather(); } });
    window.addEventListener("offline", function () { shine("off"); });
    window.addEventListener("online", function () { light = "ok"; now(); });
    watchIdle();
    gather();
    focus();
    shine();
    document.documentElement.dataset.ready = "1";
  }

  /** The page shows what stands at its desk: the desk's own scanner was answered. */
  function showDesk() {
    return fetchScreen("GET", "/stations/screen").then(function (answer) {
      if (answer.status !== 200 && answer.status !== 401) { return false; }
      active();
      show(answer.text);
      sounds.play(told().level || "ok");
      return true;
    });
  }

  window.Pickface = {
    take: take, waiting: function () { return queue.length; }, page: page, ask: ask, told: told, meta: meta, say: say, notify: notify, shine: shine, showDesk: showDesk
  };
  start();
})();
