import { startVerification, verification } from '../phone.js';
import { element, field, form } from '../dom.js';
import { explain, text } from '../texts.js';

const pollMilliseconds = 1500;

export default app => {
  let timer;
  const outcome = element('p', { role: 'status' });

  async function poll() {
    const { state } = await verification(app.state.token, app.state.verificationId);
    if (state === 'positive') return app.advance({ stage: 'pin' });
    outcome.textContent = text(state === 'pending' ? 'verifying' : state);
    if (state === 'negative') return app.remember({ verificationId: undefined });
    timer = setTimeout(() => poll().catch(failure => { outcome.textContent = explain(failure); }), pollMilliseconds);
  }

  app.show(
    element('h1', {}, text('identityTitle')),
    element('p', {}, text('identityLead')),
    form([
      field('documentNumber', text('documentNumber'), { autocomplete: 'off' }),
      field('nationalId', text('nationalId'), { inputmode: 'numeric', autocomplete: 'off' }),
      field('country', text('country'), { pattern: '[A-Z]{2}', maxlength: 2, value: 'BG', autocomplete: 'country' }),
      field('givenName', text('givenName'), { autocomplete: 'given-name' }),
      field('surname', text('surname'), { autocomplete: 'family-name' }),
      field('dateOfBirth', text('dateOfBirth'), { type: 'date', autocomplete: 'bday' }),
    ], text('next'), async person => {
      clearTimeout(timer);
      const { keys, verificationId } = await startVerification(app.state.token, person);
      await app.remember({ keys, verificationId });
      await poll();
    }, explain),
    outcome);
  if (app.state.verificationId) poll().catch(failure => { outcome.textContent = explain(failure); });
  return () => clearTimeout(timer);
};
