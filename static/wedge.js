/* What keyboard-wedge scanners type, told apart from people's typing by its speed.
   Speed is taken from the events' own times: a busy page delays the handling of keys, not their times. */
(function () {
  "use strict";

  var FAST_MS = 60;      // between two keys of a scanner; people are slower
  var ENDED_MS = 120;    // a scanner that sends no Enter has ended
  var LEAST = 3;         // no code is shorter
  var FIELD_FAST_MS = 35, FIELD_LEAST = 6; // into a field of a form more is needed to call it a scan
  var GS = "\u001d";

  /** Listens on the whole page. onScan(text, via), via "wedge" or "typed"; onTyping(text): somebody types by hand. */
  function listen(onScan, onTyping) {
    var typed = fresh(), timer = 0;
    var prefix = document.body.dataset.prefix || "", suffix = document.body.dataset.suffix || "";

    function fresh() { return { text: "", last: 0, fast: true, field: null, before: "", count: 0 }; }

    function emit(via) {
      var text = typed.text;
      clearTimeout(timer);
      typed = fresh();
      text = clean(text);
      if (text) { onScan(text, via); }
    }

    function clean(text) {
      text = text.replace(/\u241d/g, GS).replace(/[\r\n\t]+$/, "");
      if (prefix && text.indexOf(prefix) === 0) { text = text.slice(prefix.length); }
      if (suffix && text.slice(-suffix.length) === suffix) { text = text.slice(0, -suffix.length); }
      return text;
    }

    function ended() {
      if (typed.field) { if (isScan(FIELD_LEAST)) { takeBack(); emit("wedge"); } else { typed = fresh(); } return; }
      if (typed.fast && typed.text.length >= LEAST) { emit("wedge"); return; }
      var text = typed.text;
      typed = fresh();
      if (text) { onTyping(text); }
    }

    function isScan(least) { return typed.fast && typed.text.length >= least; }

    /** What a scanner typed into a field is taken out of it again. */
    function takeBack() { typed.field.value = typed.before; typed.field.dispatchEvent(new Event("input", { bubbles: true })); }

    function character(event) {
      if (event.ctrlKey && !event.altKey && event.key === "]") { return GS; }
      if (event.ctrlKey && !event.altKey || event.metaKey) { return ""; }
      return event.key.length === 1 ? event.key : "";
    }

    function keydown(event) {
      if (event.isComposing || event.keyCode === 229) { return; }
      var field = formField(event.target), limit = field ? FIELD_FAST_MS : FAST_MS;
      if (event.key === "Enter" || event.key === "Tab") { terminated(event, field); return; }
      var one = character(event);
      if (!one) { return; }
      if (one === " " && !typed.text && isPressable(event.target)) { return; }
      if (typed.field !== field) { typed = fresh(); typed.field = field; }
      if (!typed.text && field) { typed.before = field.value; }
      if (typed.text && event.timeStamp - typed.last > limit) {
        if (field) { typed = fresh(); typed.field = field; typed.before = field.value; } else { typed.fast = false; }
      }
      typed.text += one;
      typed.last = event.timeStamp;
      clearTimeout(timer);
      timer = setTimeout(ended, ENDED_MS);
      if (!field) { event.preventDefault(); return; }
      if (one === GS || isScan(FIELD_LEAST)) { event.preventDefault(); takeBack(); }
    }

    function terminated(event, field) {
      if (field) {
        if (isScan(4) && event.timeStamp - typed.last < FAST_MS) { event.preventDefault(); event.stopPropagation(); takeBack(); emit("wedge"); }
        typed = fresh();
        return;
      }
      var landed = document.getElementById("scan"), text = typed.text || (landed ? landed.value : "");
      if (event.key === "Tab" && !text) { return; }
      event.preventDefault();
      event.stopPropagation();
      if (!text) { return; } // Enter alone never presses anything
      if (landed) { landed.value = ""; }
      typed.text = text;
      emit(typed.fast ? "wedge" : "typed");
    }

    /** Texts that come at once, without keys: Android's wedges and pasting. */
    function landed(event) {
      if (event.target.id !== "scan" || event.isComposing) { return; }
      clearTimeout(timer);
      timer = setTimeout(function () {
        var text = event.target.value;
        event.target.value = "";
        typed = fresh();
        typed.text = text;
        if (text.trim().length >= LEAST) { emit("wedge"); } else { typed = fresh(); if (text) { onTyping(text); } }
      }, ENDED_MS);
    }

    document.addEventListener("keydown", keydown, true);
    document.addEventListener("input", landed, true);
    document.addEventListener("compositionend", landed, true);
    document.addEventListener("submit", function (event) { if (event.target.id === "scan-form") { event.preventDefault(); } }, true);
  }

  /** The field of a form that has the focus; the scan field is none. */
  function formField(target) {
    if (!target || target.id === "scan") { return null; }
    return /^(INPUT|TEXTAREA)$/.test(target.tagName) && !/^(checkbox|radio|button|submit)$/.test(target.type) ? target : null;
  }

  function isPressable(target) { return /^(BUTTON|SUMMARY|A|SELECT|INPUT)$/.test(target.tagName) && target.id !== "scan"; }

  window.PickfaceWedge = { listen: listen, formField: formField };
})();
