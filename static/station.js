/* The page of a desk: tells the server what it shows, listens to the live feed, and fetches itself again when the desk's
   scanner was answered. Without a feed it asks every few seconds. */
(function () {
  "use strict";

  var desk = window.Pickface, ASK_MS = 2000, AGAIN_MS = 5000, OBEYED_MS = 1500;
  var feed = null, news = -1, shown = -1, holds = true, timer = 0, fetching = false, missed = false, code = "", scanner = "";

  function post(path) {
    var fields = new URLSearchParams(), now = desk.told();
    fields.set("csrf_token", desk.meta("csrf-token"));
    fields.set("page", desk.page);
    fields.set("href", now.href || "");
    fields.set("step", now.step || "");
    fields.set("done", now.done || "0");
    fields.set("news", String(news));
    return desk.ask(path, {
      method: "POST", body: fields, headers: { "X-CSRFToken": desk.meta("csrf-token"), "Accept": "application/json" }
    });
  }

  /** This page holds the desk from now on, and shows what it shows. */
  function here() {
    return post("/stations/here").then(function (answer) {
      if (answer.status === 422) { holds = false; desk.notify(JSON.parse(answer.text).notice.text); return false; }
      if (answer.status !== 200) { desk.shine(answer.status ? "ok" : "off"); return false; }
      var state = JSON.parse(answer.text);
      holds = true;
      code = state.station;
      heard(state, news < 0);
      return true;
    });
  }

  function listen() {
    clearTimeout(timer);
    if (!window.EventSource) { timer = setTimeout(poll, ASK_MS); return; }
    feed = new EventSource("/stations/feed?page=" + desk.page);
    ["changed", "state"].forEach(function (name) {
      feed.addEventListener(name, function (event) { heard(JSON.parse(event.data), false); });
    });
    feed.onopen = function () { desk.shine("ok"); };
    feed.onerror = function () { // it opens itself again, unless the server has refused it
      desk.shine("off");
      if (feed && feed.readyState === 2) { feed = null; timer = setTimeout(poll, ASK_MS); }
    };
  }

  function poll() {
    here().then(function (fine) { timer = setTimeout(Math.random() < 0.1 ? listen : poll, fine ? ASK_MS : AGAIN_MS); });
  }

  function heard(state, first) {
    lamp(state);
    if (state.page !== desk.page) { lost(state); return; }
    holds = true;
    if (state.news === news) { return; }
    news = state.news;
    if (first) { shown = news; return; }
    if (state.passed) { obey(state.passed); return; }
    fetchAgain();
  }

  /** What leads elsewhere leads there; a page that is still here then says that it has done it. */
  function obey(passed) {
    shown = news;
    desk.take(passed, "serial");
    setTimeout(here, OBEYED_MS);
  }

  /** One at a time; what came meanwhile is fetched after it. */
  function fetchAgain() {
    if (fetching) { missed = true; return; }
    fetching = true;
    var asked = news;
    desk.showDesk().then(function (fine) {
      fetching = false;
      if (fine) { shown = asked; }
      lamp(null);
      if (missed || !fine) { missed = false; setTimeout(fetchAgain, fine ? 0 : AGAIN_MS); }
    });
  }

  /** Another page or another person has the desk: scans of its scanners no longer come here. */
  function lost(state) {
    news = state.news;
    if (!holds) { return; }
    holds = false;
    desk.notify(desk.say.desk_elsewhere);
    var box = document.getElementById("said"), button = document.createElement("button");
    if (!box) { return; }
    button.type = "button";
    button.textContent = desk.say.desk_here;
    button.addEventListener("click", function () { here().then(function (fine) { if (fine) { box.parentNode.removeChild(box); } }); });
    box.appendChild(button);
  }

  /** How it stands with the scanner, in the bar: a shape and a word, never colour alone. */
  function lamp(state) {
    if (state) { scanner = state.scanner; }
    var bar = document.querySelector("#screen .bar"), mark = document.getElementById("scanner");
    if (!bar) { return; }
    if (!mark) { mark = document.createElement("a"); mark.id = "scanner"; mark.href = "/stations/mine"; bar.insertBefore(mark, bar.querySelector(".light")); }
    mark.dataset.scanner = scanner;
    mark.textContent = code;
    mark.title = desk.say["scanner_" + scanner] || "";
    mark.setAttribute("aria-label", code + ": " + mark.title);
  }

  window.addEventListener("pagehide", function () {
    var fields = new URLSearchParams();
    fields.set("csrf_token", desk.meta("csrf-token"));
    fields.set("page", desk.page);
    if (navigator.sendBeacon) { navigator.sendBeacon("/stations/away", fields); }
    if (feed) { feed.close(); }
  });
  window.addEventListener("pageshow", function (event) { if (event.persisted) { here().then(listen); } });

  here().then(listen);
  window.PickfaceDesk = { shown: function () { return shown; }, holds: function () { return holds; } };
})();
