/* Where scans wait until they are answered: IndexedDB, so that a reload, a crash or an empty battery loses none.
   Where the browser has none (private windows of old ones), they wait in memory and the console says so. */
(function () {
  "use strict";

  var NAME = "pickface", SCANS = "scans";
  var opened = null, memory = new Map(), next = 1;

  function open() {
    if (opened) { return opened; }
    opened = new Promise(function (resolve) {
      if (!window.indexedDB) { resolve(null); return; }
      var asked;
      try { asked = indexedDB.open(NAME, 1); } catch (error) { resolve(null); return; }
      asked.onupgradeneeded = function () { asked.result.createObjectStore(SCANS, { keyPath: "id", autoIncrement: true }); };
      asked.onsuccess = function () { resolve(asked.result); };
      asked.onerror = asked.onblocked = function () { resolve(null); };
    }).then(function (db) {
      if (!db) { console.warn("Pickface: no IndexedDB here; waiting scans do not survive a reload."); }
      return db;
    });
    return opened;
  }

  function run(mode, ask, inMemory) {
    return open().then(function (db) {
      if (!db) { return inMemory(); }
      return new Promise(function (resolve, reject) {
        var change = db.transaction(SCANS, mode), asked = ask(change.objectStore(SCANS));
        change.oncomplete = function () { resolve(asked.result); };
        change.onerror = change.onabort = function () { reject(change.error); };
      });
    });
  }

  window.PickfaceStore = {
    /** Keeps a new scan; resolves to its id once it is on disk. */
    add: function (scan) {
      return run("readwrite", function (scans) { return scans.add(scan); }, function () {
        var id = next++;
        memory.set(id, Object.assign({}, scan, { id: id }));
        return id;
      });
    },
    /** Keeps what has changed of a scan. */
    put: function (scan) {
      return run("readwrite", function (scans) { return scans.put(scan); }, function () { memory.set(scan.id, scan); });
    },
    /** Lets go of a scan that was answered or dropped. */
    remove: function (id) {
      return run("readwrite", function (scans) { return scans.delete(id); }, function () { memory.delete(id); });
    },
    /** A scan as it is kept, or undefined: another tab may have sent it. */
    get: function (id) {
      return run("readonly", function (scans) { return scans.get(id); }, function () { return memory.get(id); });
    },
    /** All scans, oldest first. */
    all: function () {
      return run("readonly", function (scans) { return scans.getAll(); }, function () { return Array.from(memory.values()); });
    }
  };
})();
