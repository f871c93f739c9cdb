// Asks every second and a half whether the phone has decided; then the page itself knows where to go.
const status = document.currentScript.dataset.status;
async function ask() {
  try {
    const answer = await fetch(status, { cache: 'no-store', credentials: 'same-origin' });
    if (answer.ok && (await answer.json()).state !== 'pending') {
      location.reload();
      return;
    }
  } catch {
    // The network may be away for a moment; the next question finds out.
  }
  setTimeout(ask, 1500);
}
setTimeout(ask, 1500);
