import { bind } from '../phone.js';
import { element, field, form, sixDigits, startAgain } from '../dom.js';
import { text } from '../texts.js';

const trivial = pin => /^(\d)\1{5}$/.test(pin) || '01234567890'.includes(pin) || '09876543210'.includes(pin);

export default app => {
  const secret = sixDigits({ type: 'password', autocomplete: 'new-password' });
  app.show(text('pinTitle'),
    element('p', {}, text('pinLead')),
    form([field('pin', text('pin'), secret), field('again', text('pinAgain'), secret)], text('pinReady'), async ({ pin, again }) => {
      if (pin !== again) throw new Error(text('pinsDiffer'));
      if (trivial(pin)) throw new Error(text('trivial_pin'));
      // Remembered first: if the answer gets lost, the next try binds the same device.
      await app.remember({ deviceId: app.state.deviceId ?? crypto.randomUUID() });
      await bind(app.state, pin, navigator.userAgentData?.platform || navigator.platform || 'Web');
      await app.advance({ stage: 'bound', token: undefined });
      app.say(text('bound'));
    }),
    startAgain(app));
};
