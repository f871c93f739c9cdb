import { confirmContacts } from '../phone.js';
import { element, field, form, sixDigits } from '../dom.js';
import { text } from '../texts.js';

export default app => {
  const code = sixDigits({ autocomplete: 'one-time-code' });
  app.show(text('codesTitle'),
    element('p', {}, text('codesLead', app.state.email, app.state.phone ?? '')),
    form([field('emailCode', text('emailCode'), code), field('phoneCode', text('phoneCode'), code)], text('next'), async ({ emailCode, phoneCode }) => {
      const { customerId, accessToken } = await confirmContacts(app.state.registrationId, emailCode, phoneCode);
      await app.advance({ stage: 'terms', customerId, token: accessToken });
    }),
    element('p', {}, element('button', { type: 'button', class: 'quiet', onclick: () => app.advance({ stage: 'contacts' }) }, text('otherContacts'))));
};
