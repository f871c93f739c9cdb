import { clarify, startVerification, verification } from '../phone.js';
import { busy, element, field, form, startAgain } from '../dom.js';
import { poll } from '../poll.js';
import { explain, text } from '../texts.js';

const pollMilliseconds = 1500;

/** The data of the document, then the wait until they are verified. */
export default app => {
  const { signal } = app;

  const ask = problem => app.show(text('identityTitle'),
    problem && element('p', { class: 'error', role: 'alert' }, problem),
    element('p', {}, text('identityLead')),
    form([
      field('country', text('country'), { options: [['BG', text('BG')], ['PL', text('PL')]] }),
      field('documentNumber', text('documentNumber'), { autocomplete: 'off', pattern: '[A-Za-z0-9]{6,20}', wrong: text('invalid_document_number') }),
      field('nationalId', text('nationalId'), { inputmode: 'numeric', autocomplete: 'off', pattern: '[0-9]{10,11}', hint: text('nationalIdHint'), wrong: text('invalid_national_id') }),
      field('givenName', text('givenName'), { autocomplete: 'given-name', hint: text('nameHint') }),
      field('surname', text('surname'), { autocomplete: 'family-name' }),
      field('dateOfBirth', text('dateOfBirth'), { type: 'date', autocomplete: 'bday' }),
    ], text('next'), async person => {
      const { keys, verificationId } = await startVerification(app.state.token, person);
      await app.remember({ keys, verificationId, deviceId: undefined });
      wait();
    }),
    startAgain(app));

  /** Looks until the verification is decided; what waits for us and what waits for people look different. */
  function wait() {
    let drawn = 'pending';
    drawState(drawn);
    return poll(signal, pollMilliseconds, async () => {
      try {
        const { state } = await verification(app.state.token, app.state.verificationId);
        if (signal.aborted) return true;
        if (state === 'positive') return app.advance({ stage: 'pin' }).then(() => true);
        if (['negative', 'abandoned', 'failed'].includes(state)) {
          await app.remember({ verificationId: undefined });
          ask(text(state));
          return true;
        }
        if (state !== drawn) drawState(drawn = state);
        app.say('');
      } catch (failure) {
        app.say(explain(failure), 'bad');
      }
      return false;
    });
  }

  const drawState = state => app.show(text('identityTitle'), ...(state === 'suspended' ? [
    element('div', { class: 'card' }, element('h2', {}, text('suspendedTitle')), element('p', {}, text('suspended'))),
    form([field('answer', text('answer'), { area: true, rows: 4, maxlength: 2000 })], text('sendAnswer'),
      ({ answer }) => clarify(app.state.token, app.state.verificationId, answer)),
  ] : [
    element('div', { class: 'card' }, busy(text('verifying')), element('p', { class: 'soft' }, text('verifyingLead'))),
  ]), startAgain(app));

  if (app.state.verificationId) wait();
  else ask();
};
