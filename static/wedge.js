/* What keyboard-wedge scanners type, told apart from people's typing by its speed.
   Speed is taken from the events' own times: a busy page delays the handling of keys, not their times. */
(function () {
  "use strict";

  var FAST_MS = 60;       // a scanner's keys come closer together than this, on average; people's do not
  var FIELD_FAST_MS = 50; // each of them, where the keys go into a field of a form and a mistake costs typing
  var ENDED_MS = 120;     // so long without a key: a scanner that sends no Enter has ended
  var PATIENT_MS = 500;   // where none has been met that sends no Enter, a pause (Bluetooth) does not cut a code in two
  var LEAST = 3;          // no code is shorter
  var FIELD_LEAST = 4;    // without Enter, in a field
  var TYPED_LEAST = 10;   // in a field that is always typed (a PIN), where keys that a busy device bunches are no scan
  var GS = "\u001d";
  var ENDS = "pickface-ends-with-enter";

  /** Listens on the whole page. onScan(text, via), via "wedge" or "typed"; onTyping(text): somebody types by hand. */
  function listen(onScan, onTyping) {
    var burst = fresh(), timer = 0, ends = remembered(), landedFirst = 0, landedLast = 0;
    var prefix = document.body.dataset.prefix || "", suffix = document.body.dataset.suffix || "";

    /** Keys that belong together. `field`: the field of a form that they went to; `before`: what stood there;
        `atOnce`: they came as one text, which no person's do. */
    function fresh(field) {
      return { text: "", count: 0, first: 0, last: 0, slow: false, atOnce: false, field: field || null, before: field ? field.value : "" };
    }

    function isScan(least) { return burst.text.length >= (isTyped() ? TYPED_LEAST : least) && isFast(); }
    function isTyped() { return burst.field && burst.field.hasAttribute("data-typed"); }
    function isFast() { return !burst.slow && (burst.count < 2 || (burst.last - burst.first) / (burst.count - 1) <= FAST_MS); }

    function append(text, event, field) {
      if (burst.field !== field) { ended(); burst = fresh(field); }
      var pause = event.timeStamp - burst.last;
      if (burst.text && (field ? pause > (field.hasAttribute("data-typed") ? ENDED_MS : FIELD_FAST_MS) : pause > ENDED_MS && !ends && isScan(LEAST))) { ended(); burst = fresh(field); }
      if (!burst.text) { burst.first = event.timeStamp; burst.before = field ? field.value : ""; }
      burst.text += text;
      burst.count += text.length;
      burst.last = event.timeStamp;
      burst.slow = burst.slow || Boolean(event.repeat); // a key held down is as fast as a scanner
      wait();
    }

    function wait() {
      clearTimeout(timer);
      timer = setTimeout(function () { collect(); ended(); }, !ends && isScan(LEAST) ? ENDED_MS : PATIENT_MS);
    }

    /** No more keys came, and no Enter. */
    function ended() {
      clearTimeout(timer);
      if (isScan(burst.field && !burst.atOnce ? FIELD_LEAST : LEAST)) { remember(false); takeBack(); emit("wedge"); return; }
      var text = burst.field ? "" : burst.text;
      burst = fresh();
      if (text) { onTyping(text); }
    }

    function emit(via) {
      var text = clean(burst.text);
      clearTimeout(timer);
      burst = fresh();
      if (text) { onScan(text, via); }
    }

    function clean(text) {
      text = text.replace(/\u241d/g, GS).replace(/[\r\n\t]+$/, "");
      if (prefix && text.indexOf(prefix) === 0) { text = text.slice(prefix.length); }
      if (suffix && text.slice(-suffix.length) === suffix) { text = text.slice(0, -suffix.length); }
      return text;
    }

    /** What a scanner typed into a field is taken out of it again. */
    function takeBack() {
      if (!burst.field || burst.field.value === burst.before) { return; }
      burst.field.value = burst.before;
      burst.field.dispatchEvent(new Event("input", { bubbles: true }));
    }

    /** What was put into the scan field without keys joins the keys around it. */
    function collect() {
      var scan = document.getElementById("scan");
      if (!scan || !scan.value) { return; }
      if (!burst.text) { burst.first = landedFirst; }
      burst.text += scan.value;
      burst.count += scan.value.length;
      burst.last = landedLast;
      scan.value = "";
      landedFirst = 0;
    }

    function character(event) {
      if (event.ctrlKey && !event.altKey) { return event.key === "]" || event.key === GS ? GS : ""; }
      return event.key.length === 1 && !event.metaKey ? event.key : "";
    }

    function keydown(event) {
      if (event.isComposing || event.keyCode === 229 || event.target.id === "badge") { return; } // the badge is its own field
      var field = formField(event.target);
      if (event.key === "Enter" || event.key === "Tab") { terminated(event, field); return; }
      var one = character(event);
      if (!one || one === " " && !burst.text && isPressable(event.target)) { return; }
      if (!field) { collect(); }
      append(one, event, field);
      if (!field) { event.preventDefault(); return; }
      if (one === GS || isScan(FIELD_LEAST)) { event.preventDefault(); takeBack(); }
    }

    function terminated(event, field) {
      if (field) {
        if (burst.field === field && isScan(LEAST) && event.timeStamp - burst.last < PATIENT_MS) {
          stop(event);
          remember(true);
          takeBack();
          emit("wedge");
        } else { burst = fresh(); }
        return;
      }
      collect();
      if (event.key === "Tab" && !burst.text) { return; }
      stop(event); // Enter alone never presses anything
      if (!burst.text) { return; }
      if (isScan(LEAST)) { remember(true); }
      emit(isFast() ? "wedge" : "typed");
    }

    function stop(event) { event.preventDefault(); event.stopPropagation(); }

    /** Texts that come without keys: Android's wedges, and pasting. */
    function landed(event) {
      if (event.target.id !== "scan") { return; }
      landedFirst = landedFirst || event.timeStamp;
      landedLast = event.timeStamp;
      wait();
    }

    /** The same into a field of a form: several characters at once are a scanner's, unless pasted or composed. */
    function landing(event) {
      var field = formField(event.target);
      if (!field || event.inputType !== "insertText" || event.isComposing || !event.data || event.data.length < LEAST) { return; }
      event.preventDefault();
      append(event.data, event, field);
      burst.atOnce = true;
    }

    function submitted(event) {
      if (event.target.id !== "scan-form") { return; }
      event.preventDefault();
      collect();
      if (burst.text) { emit(isFast() ? "wedge" : "typed"); }
    }

    function remembered() { try { return localStorage.getItem(ENDS) !== "0"; } catch (error) { return true; } }

    function remember(does) {
      if (ends === does) { return; }
      ends = does;
      try { localStorage.setItem(ENDS, does ? "1" : "0"); } catch (error) { /* known for this page only */ }
    }

    document.addEventListener("keydown", keydown, true);
    document.addEventListener("beforeinput", landing, true);
    document.addEventListener("input", landed, true);
    document.addEventListener("compositionend", landed, true);
    document.addEventListener("submit", submitted, true);
  }

  /** The field of a form that has the focus; the scan field is none. */
  function formField(target) {
    if (!target || target.id === "scan" || !/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) { return null; }
    return /^(checkbox|radio|button|submit)$/.test(target.type) ? null : target;
  }

  function isPressable(target) { return /^(BUTTON|SUMMARY|A|INPUT)$/.test(target.tagName) && target.id !== "scan"; }

  window.PickfaceWedge = { listen: listen, formField: formField };
})();
