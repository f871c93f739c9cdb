import { register } from '../phone.js';
import { element, field, form } from '../dom.js';
import { language, text } from '../texts.js';

export default app => app.show(text('contactsTitle'),
  element('p', {}, text('contactsLead')),
  form([
    field('email', text('email'), { type: 'email', autocomplete: 'email', wrong: text('invalid_email') }),
    field('phone', text('phone'), { type: 'tel', autocomplete: 'tel', pattern: '\\+[0-9 ]{7,20}', hint: text('phoneHint'), wrong: text('invalid_phone') }),
  ], text('next'), async ({ email, phone }) => {
    const { registrationId } = await register(email, phone.replaceAll(' ', ''), language);
    await app.advance({ stage: 'codes', registrationId, email, phone });
  }));
