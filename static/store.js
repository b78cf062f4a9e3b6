/* Where scans wait until they are answered: IndexedDB, so that a reload, a crash or an empty battery loses none.
   Where the browser has none (private windows of old ones), they wait in memory and the console says so. */
(function () {
  "use strict";

  var NAME = "pickface", SCANS = "scans", LEASE = "lease", FORM = 2;
  var opened = null, memory = new Map(), next = 1;

  function open() {
    if (opened) { return opened; }
    opened = new Promise(function (resolve) {
      if (!window.indexedDB) { resolve(null); return; }
      var asked;
      try { asked = indexedDB.open(NAME, FORM); } catch (error) { resolve(null); return; }
      asked.onupgradeneeded = function () {
        var has = asked.result.objectStoreNames;
        if (!has.contains(SCANS)) { asked.result.createObjectStore(SCANS, { keyPath: "id", autoIncrement: true }); }
        if (!has.contains(LEASE)) { asked.result.createObjectStore(LEASE, { keyPath: "id" }); }
      };
      asked.onsuccess = function () { resolve(asked.result); };
      asked.onerror = asked.onblocked = function () { resolve(null); };
    }).then(function (db) {
      if (!db) { console.warn("Pickface: no IndexedDB here; waiting scans do not survive a reload."); }
      return db;
    });
    return opened;
  }

  function run(mode, ask, inMemory, name) {
    return open().then(function (db) {
      if (!db) { return inMemory(); }
      return new Promise(function (resolve, reject) {
        var change = db.transaction(name || SCANS, mode), asked = ask(change.objectStore(name || SCANS));
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
    /** Whether this page may send for `ms` from now; another page of the device has to wait. `ms` 0 gives it back. */
    lease: function (owner, ms) {
      var mine = true;
      return run("readwrite", function (leases) {
        var asked = leases.get(1);
        asked.onsuccess = function () {
          var held = asked.result;
          mine = !held || held.owner === owner || held.until < Date.now();
          if (mine) { leases.put({ id: 1, owner: owner, until: Date.now() + ms }); }
        };
        return asked;
      }, function () { return undefined; }, LEASE).then(function () { return mine; });
    },
    /** All scans, oldest first. */
    all: function () {
      return run("readonly", function (scans) { return scans.getAll(); }, function () { return Array.from(memory.values()); });
    }
  };
})();
