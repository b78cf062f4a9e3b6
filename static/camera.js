/* Reads codes with the device's camera. What it reads joins the queue of the page that it came from, as any other scan.
   The browser's own reader is taken where there is one; else the vendored one is fetched. */
(function () {
  "use strict";

  var EVERY_MS = 120, TWICE = 2; // a code counts when it was read twice in a row: a blurred one reads as something else
  var KINDS = ["code_128", "code_39", "ean_13", "ean_8", "upc_a", "upc_e", "itf", "qr_code", "data_matrix"];
  var say = JSON.parse(document.body.dataset.say || "{}");
  var video = document.getElementById("camera"), read = document.getElementById("camera-read"), torch = document.getElementById("torch");
  var last = { text: "", times: 0 }, found = false, track = null, readNow = null;

  function tell(text) { read.textContent = text; }

  function begin() {
    if (!navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) { tell(say.no_camera); return; }
    navigator.mediaDevices.getUserMedia({ audio: false, video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } } })
      .then(watch)
      .catch(function (fault) { tell(fault.name === "NotAllowedError" ? say.no_permission : say.no_camera); });
  }

  function watch(stream) {
    video.srcObject = stream;
    track = stream.getVideoTracks()[0];
    offerTorch();
    window.addEventListener("pagehide", function () { track.stop(); });
    return video.play().then(reader).then(function (made) { readNow = made; look(); });
  }

  /** A function that reads the picture as it is now and promises the text, or "". */
  function reader() {
    if (!window.BarcodeDetector) { return fetchReader(); }
    return window.BarcodeDetector.getSupportedFormats().then(function (can) {
      var kinds = KINDS.filter(function (kind) { return can.indexOf(kind) >= 0; });
      if (kinds.indexOf("code_128") < 0) { return fetchReader(); }
      var detector = new window.BarcodeDetector({ formats: kinds });
      return function () { return detector.detect(video).then(function (codes) { return codes.length ? codes[0].rawValue : ""; }); };
    }).catch(fetchReader);
  }

  function fetchReader() {
    return new Promise(function (resolve, reject) {
      var script = document.createElement("script");
      script.src = video.dataset.reader;
      script.onload = function () { resolve(bundled(window.ZXing)); };
      script.onerror = reject;
      document.head.appendChild(script);
    });
  }

  function bundled(zxing) {
    var reads = new zxing.MultiFormatReader(), canvas = document.createElement("canvas"), hints = new Map();
    var formats = zxing.BarcodeFormat;
    hints.set(zxing.DecodeHintType.TRY_HARDER, true);
    hints.set(zxing.DecodeHintType.POSSIBLE_FORMATS, KINDS.map(function (kind) { return formats[kind.toUpperCase()]; }));
    reads.setHints(hints);
    return function () {
      canvas.width = video.videoWidth;
      canvas.height = video.videoHeight;
      canvas.getContext("2d").drawImage(video, 0, 0);
      try {
        var light = new zxing.HTMLCanvasElementLuminanceSource(canvas);
        return Promise.resolve(reads.decode(new zxing.BinaryBitmap(new zxing.HybridBinarizer(light))).getText());
      } catch (fault) { return Promise.resolve(""); } // nothing to read in this picture
    };
  }

  function look() {
    if (found) { return; }
    (video.videoWidth ? readNow() : Promise.resolve("")).catch(function () { return ""; }).then(function (text) {
      if (text) { last = { text: text, times: text === last.text ? last.times + 1 : 1 }; }
      if (last.times >= TWICE) { done(last.text); } else { setTimeout(look, EVERY_MS); }
    });
  }

  function done(text) {
    found = true;
    tell(text);
    window.PickfaceSounds.play("ok");
    window.Pickface.take(text, "camera");
  }

  function offerTorch() {
    var can = track.getCapabilities ? track.getCapabilities() : {}, on = false;
    if (!can.torch) { return; }
    torch.hidden = false;
    torch.addEventListener("click", function () {
      on = !on;
      track.applyConstraints({ advanced: [{ torch: on }] }).catch(function () { torch.hidden = true; });
      torch.setAttribute("aria-pressed", String(on));
    });
  }

  begin();
})();
