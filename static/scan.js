/* The way of a scan from the page: kept on disk with its key, sent in order with the fields of the answer before, shown.
   A lost answer is asked for again with the same key and the same fields, so nothing is lost and nothing counts twice. */
(function () {
  "use strict";

  var store = window.PickfaceStore, wedge = window.PickfaceWedge, sounds = window.PickfaceSounds;
  var ANSWER_MS = 8000, RETRY_MS = [500, 1000, 2000], MOST = 500, DOUBLE_TAP_MS = 400;
  var ROOMS = ["receiving", "putaway", "replenishing", "picking", "packing", "shipping"];
  var person = meta("person"), say = JSON.parse(document.body.dataset.say || "{}");
  var queue = [], sending = false, held = false, stopped = false, tries = 0, timer = 0, keeping = Promise.resolve();
  var light = "ok", lastTap = { code: "", at: 0 };

  function meta(name) { var found = document.querySelector("meta[name=" + name + "]"); return found ? found.content : ""; }
  function byId(id) { return document.getElementById(id); }
  function screen() { return byId("screen"); }
  function told() { return screen().dataset; }

  /* ------------------------------------------------------------ taking scans in */

  function take(code, via) {
    if (signIn(code)) { return; }
    if (held && (code === "XXOK" || code === "XXBACK")) { decide(code === "XXOK"); return; }
    if (!queue.length && leads(code)) { return; }
    if (queue.length >= MOST) { sounds.play("error"); notify(say.full); return; }
    var scan = {
      key: newKey(), code: code, via: via, at: new Date().toISOString(), person: person, room: told().room, href: "", step: "", what: ""
    };
    queue.push(scan);
    keeping = keeping.then(function () { return store.add(scan); }).then(function (id) { scan.id = id; }, function () { scan.id = -1; });
    keeping.then(pump);
    shine();
  }

  function newKey() {
    var bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.prototype.map.call(bytes, function (byte) { return ("0" + byte.toString(16)).slice(-2); }).join("");
  }

  /** Codes that lead to another page, and pages that have no work of their own. */
  function leads(code) {
    var rooms = ROOMS.map(function (name) { return "XX" + name.toUpperCase(); });
    if (code === "XXLOCK") { signOut("out"); return true; }
    if (code === "XXMENU") { go("/floor"); return true; }
    if (rooms.indexOf(code) >= 0) { go("/floor?code=" + code); return true; }
    if (/^XB\d{6,}$/.test(code) && !told().scanHref) { sounds.play("error"); notify(say.badge_here); return true; }
    if (told().done === "1" && code === "XXBACK") { go("/floor"); return true; }
    if (!told().scanHref && !told().nextHref) { go(code === "XXBACK" || code === "XXOK" ? "/floor" : "/lookup?code=" + encodeURIComponent(code)); return true; }
    if (!told().scanHref && code === "XXBACK") { go("/floor"); return true; }
    return false;
  }

  function go(path) {
    if (navigator.onLine === false) { shine("off"); sounds.play("error"); return; }
    location.assign(path);
  }

  /** On the sign-in page a scan is the badge; digits after it are the PIN. */
  function signIn(code) {
    var badge = byId("badge"), pin = byId("pin");
    if (!badge) { return false; }
    if (badge.value && document.activeElement === pin && /^\d{4,12}$/.test(code)) { pin.value = code; byId("sign-in").submit(); return true; }
    badge.value = code;
    pin.focus();
    return true;
  }

  function tapped(event) {
    var button = event.target.closest ? event.target.closest("button[data-code]") : null;
    if (!button || told().href === "/login") { return; }
    event.preventDefault();
    var now = event.timeStamp, code = button.dataset.code;
    var waits = queue.some(function (scan) { return scan.via === "button" && scan.code === code; });
    if (waits || lastTap.code === code && now - lastTap.at < DOUBLE_TAP_MS) { return; }
    lastTap = { code: code, at: now };
    closeSheet();
    take(code, "button");
    focus();
  }

  /* ------------------------------------------------------------ sending */

  function pump() {
    if (sending || held || stopped || !queue.length || queue[0].id === undefined) { shine(); return; }
    if (queue[0].room !== told().room) { shine(); return; }
    sending = true;
    shine();
    alone(function () { return turn(queue[0]); }).then(function () { sending = false; if (queue.length && !timer) { pump(); } shine(); });
  }

  /** One tab at a time: another one of the same device may hold the same scans. */
  function alone(job) {
    if (navigator.locks && navigator.locks.request) { return navigator.locks.request("pickface-send", job); }
    return job();
  }

  function turn(scan) {
    return (scan.id > 0 ? store.get(scan.id) : Promise.resolve(scan)).then(function (kept) {
      if (!kept) { queue.shift(); return undefined; } // another tab has sent it
      aim(scan);
      return keep(scan).then(function () { return post(scan); }).then(function (answer) { return heard(scan, answer); });
    });
  }

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

  function keep(scan) { return scan.id > 0 ? store.put(scan).catch(function () { return undefined; }) : Promise.resolve(); }

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

  function post(scan) {
    var stop = new AbortController(), late = setTimeout(function () { stop.abort(); }, ANSWER_MS);
    return fetch(scan.href, {
      method: "POST", body: fieldsOf(scan), credentials: "same-origin", signal: stop.signal,
      headers: { "HX-Request": "true", "X-CSRFToken": meta("csrf-token"), "Accept": "text/html" }
    }).then(function (response) {
      return response.text().then(function (text) {
        return { status: response.status, text: text, wait: Number(response.headers.get("Retry-After")) || 0 };
      });
    }).catch(function () { return { status: 0, text: "", wait: 0 }; }).then(function (answer) { clearTimeout(late); return answer; });
  }

  function heard(scan, answer) {
    if (answer.status === 0 || answer.status >= 500) { return again(answer); }
    tries = 0;
    light = "ok";
    if (answer.status === 401) { stopped = true; show(answer.text); notify(say.signed_out); return undefined; }
    if (answer.status === 400 && scan.tries !== 1) { scan.tries = 1; return keep(scan).then(function () { location.reload(); stopped = true; }); }
    show(answer.text);
    if (answer.status !== 200) { sounds.play("error"); return done(scan).then(hold); }
    if (scan.what === "next") { return onward(scan); }
    sounds.play(told().level || "ok");
    return done(scan);
  }

  /** The next work is on the screen; what was scanned to get there is a scan on it, unless it was only the OK. */
  function onward(scan) {
    scan.href = ""; scan.step = "";
    if (scan.code === "XXOK") { sounds.play(told().level || "ok"); return done(scan); }
    scan.what = told().scanHref ? "scan" : "begin";
    return keep(scan);
  }

  function again(answer) {
    light = answer.status === 0 ? "off" : "waiting";
    if (answer.status && tries === 0) { notify(say.busy); }
    var wait = answer.wait * 1000 || RETRY_MS[Math.min(tries, RETRY_MS.length - 1)];
    tries += 1;
    timer = setTimeout(function () { timer = 0; pump(); }, wait);
    return undefined;
  }

  function done(scan) {
    queue.shift();
    return scan.id > 0 ? store.remove(scan.id).catch(function () { return undefined; }) : Promise.resolve();
  }

  /** After a refusal the rest waits for the person: what comes next may not have been meant for this screen. */
  function hold() { held = queue.length > 0; showHeld(); }

  function decide(send) {
    var dropped = send ? [] : queue.splice(0, queue.length);
    held = false;
    showHeld();
    Promise.all(dropped.map(function (scan) { return scan.id > 0 ? store.remove(scan.id) : undefined; })).then(pump);
    focus();
  }

  /* ------------------------------------------------------------ showing */

  function show(html) {
    htmx.swap("#screen", html, { swapStyle: "outerHTML" });
    var href = told().href;
    if (href && href !== location.pathname) { history.replaceState(null, "", href); }
    shine();
    focus();
  }

  function shine(state) {
    var lamp = document.querySelector(".light"), waits = queue.length;
    if (state) { light = state; }
    if (!lamp) { return; }
    var now = light === "off" || navigator.onLine === false ? "off" : waits > (sending ? 1 : 0) || light === "waiting" ? "waiting" : "ok";
    if (lamp.dataset.light !== now) { lamp.dataset.light = now; }
    lamp.textContent = now === "ok" ? "" : String(waits || "");
    lamp.title = now === "off" ? say.offline : now === "waiting" ? say.waiting + " " + waits : say.online;
  }

  function notify(text) {
    var body = document.querySelector("#screen .body"), said = byId("said");
    if (!body || !text) { return; }
    if (!said) { said = document.createElement("section"); said.id = "said"; said.className = "notice warn"; said.setAttribute("role", "alert"); body.insertBefore(said, body.firstChild); }
    said.textContent = "";
    var line = document.createElement("p");
    line.textContent = text;
    said.appendChild(line);
  }

  function showHeld() {
    var box = byId("held");
    if (!box) { return; }
    box.hidden = !held;
    box.textContent = "";
    if (!held) { return; }
    var title = document.createElement("p"), list = document.createElement("ol");
    title.textContent = say.held;
    queue.forEach(function (scan) { var row = document.createElement("li"); row.textContent = scan.code; list.appendChild(row); });
    box.appendChild(title);
    box.appendChild(list);
    ["send", "drop"].forEach(function (what) {
      var button = document.createElement("button");
      button.type = "button";
      button.dataset.held = what;
      button.textContent = say["held_" + what];
      button.addEventListener("click", function () { decide(what === "send"); });
      box.appendChild(button);
    });
  }

  /* ------------------------------------------------------------ typing by hand */

  function typeBox(text) {
    var box = byId("type-box");
    closeSheet();
    if (!box) {
      box = document.createElement("form");
      box.id = "type-box";
      var label = document.createElement("label"), field = document.createElement("input");
      label.textContent = say.typed;
      field.autocomplete = "off";
      field.maxLength = 500;
      label.appendChild(field);
      box.appendChild(label);
      document.body.appendChild(box);
      box.addEventListener("submit", function (event) { event.preventDefault(); var typed = field.value.trim(); closeBox(); if (typed) { take(meant(typed), "typed"); } });
      box.addEventListener("keydown", function (event) { if (event.key === "Escape") { closeBox(); } });
    }
    var input = box.querySelector("input");
    input.inputMode = told().expects === "quantity" || told().expects === "weight" ? "numeric" : "text";
    input.type = told().expects === "text" ? "password" : "text";
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
    fetch("/logout", { method: "POST", body: fields, credentials: "same-origin" }).then(leave, leave);
    function leave() { location.assign("/login" + (why === "idle" ? "?why=signed_out&next=" + encodeURIComponent(told().href || "/floor") : "")); }
  }

  function watchIdle() {
    var seconds = Number(document.body.dataset.idleS || 0), idle = 0;
    function active() { clearTimeout(idle); idle = setTimeout(function () { if (queue.length) { active(); } else { signOut("idle"); } }, seconds * 1000); }
    if (!person || !seconds) { return; }
    ["keydown", "pointerdown", "touchstart"].forEach(function (name) { document.addEventListener(name, active, true); });
    active();
  }

  function start() {
    wedge.listen(take, typeBox);
    document.addEventListener("click", tapped, true);
    document.addEventListener("click", function (event) {
      if (event.target.closest && event.target.closest("[data-type]")) { event.preventDefault(); typeBox(""); }
    });
    document.addEventListener("keydown", function (event) {
      if (event.key === "Enter" && event.target.id === "badge") { event.preventDefault(); if (event.target.value) { byId("pin").focus(); } }
    });
    document.addEventListener("focusout", function () { setTimeout(focus, 0); });
    document.addEventListener("visibilitychange", function () { if (!document.hidden) { focus(); pump(); } });
    window.addEventListener("offline", function () { shine("off"); });
    window.addEventListener("online", function () { light = "ok"; clearTimeout(timer); timer = 0; shine(); pump(); });
    watchIdle();
    store.all().then(function (kept) {
      var mine = kept.filter(function (scan) { return person && scan.person === person; });
      if (person && kept.length > mine.length) { notify(say.others); }
      queue = mine.concat(queue);
      shine();
      pump();
    }, function () { shine(); });
    focus();
    shine();
    document.documentElement.dataset.ready = "1";
  }

  window.Pickface = { take: take, waiting: function () { return queue.length; } };
  start();
})();
