/** Does `work` again and again, with pauses, until it answers true or the view is left. */
export async function poll(signal, milliseconds, work) {
  while (!signal.aborted && !await work()) await new Promise(next => setTimeout(next, milliseconds));
}
