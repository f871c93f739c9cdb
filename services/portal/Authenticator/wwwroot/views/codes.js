import { confirmContacts } from '../phone.js';
import { element, field, form } from '../dom.js';
import { explain, text } from '../texts.js';

const code = { inputmode: 'numeric', autocomplete: 'one-time-code', pattern: '[0-9]{6}', maxlength: 6 };

export default app => app.show(
  element('h1', {}, text('codesTitle')),
  form([field('emailCode', text('emailCode'), code), field('phoneCode', text('phoneCode'), code)], text('next'), async ({ emailCode, phoneCode }) => {
    const { customerId, accessToken } = await confirmContacts(app.state.registrationId, emailCode, phoneCode);
    await app.advance({ stage: 'identity', customerId, token: accessToken });
  }, explain),
  element('p', {}, element('button', { type: 'button', onclick: () => app.advance({ stage: 'contacts' }) }, text('startAgain'))));
