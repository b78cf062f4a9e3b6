/* Three answers told apart by rhythm: taken, asks, refused. No files; localStorage "pickface-mute" silences them. */
(function () {
  "use strict";

  var TONES = {            // start ms, length ms, hertz
    ok: [[0, 70, 1320]],
    warn: [[0, 90, 880], [170, 90, 880]],
    error: [[0, 200, 240], [280, 200, 240], [560, 320, 200]]
  };
  var SHAKES = { ok: [40], warn: [60, 80, 60], error: [180, 90, 180, 90, 300] };
  var context = null;

  function play(level) {
    var tones = TONES[level];
    document.dispatchEvent(new CustomEvent("pickface:answer", { detail: level }));
    if (!tones || muted()) { return; }
    try {
      context = context || new (window.AudioContext || window.webkitAudioContext)();
      if (context.state === "suspended") { context.resume(); }
      tones.forEach(tone);
    } catch (error) { /* a device without sound still shows and shakes */ }
    if (navigator.vibrate) { navigator.vibrate(SHAKES[level]); }
  }

  function tone(part) {
    var start = context.currentTime + part[0] / 1000, end = start + part[1] / 1000;
    var voice = context.createOscillator(), loud = context.createGain();
    voice.type = "square";
    voice.frequency.value = part[2];
    loud.gain.setValueAtTime(0.18, start);
    loud.gain.setValueAtTime(0.18, end - 0.01);
    loud.gain.linearRampToValueAtTime(0, end);
    voice.connect(loud);
    loud.connect(context.destination);
    voice.start(start);
    voice.stop(end);
  }

  function muted() { try { return localStorage.getItem("pickface-mute") === "1"; } catch (error) { return false; } }

  window.PickfaceSounds = { play: play };
})();
