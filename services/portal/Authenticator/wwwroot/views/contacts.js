import { register } from '../phone.js';
import { element, field, form } from '../dom.js';
import { explain, language, text } from '../texts.js';

export default app => app.show(
  element('h1', {}, text('contactsTitle')),
  element('p', {}, text('contactsLead')),
  form([
    field('email', text('email'), { type: 'email', autocomplete: 'email' }),
    field('phone', text('phone'), { type: 'tel', autocomplete: 'tel', pattern: '\\+[0-9]{7,15}' }),
  ], text('next'), async ({ email, phone }) => {
    const { registrationId } = await register(email, phone, language);
    await app.advance({ stage: 'codes', registrationId, email });
  }, explain));
