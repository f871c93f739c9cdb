// What this device remembers, in IndexedDB: a CryptoKey can be kept there without being readable.

const open = () => new Promise((resolve, reject) => {
  const request = indexedDB.open('pechat', 1);
  request.onupgradeneeded = () => request.result.createObjectStore('device');
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

async function run(mode, work) {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction('device', mode);
      const request = work(transaction.objectStore('device'));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

/** The remembered state: {stage, email, registrationId, customerId, token, keys, deviceId, verificationId, requestId}. */
export const load = async () => await run('readonly', store => store.get('state')) ?? { stage: 'contacts' };

export const save = state => run('readwrite', store => store.put(state, 'state'));
