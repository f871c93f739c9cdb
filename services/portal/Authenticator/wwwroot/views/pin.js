import { bind } from '../phone.js';
import { element, field, form } from '../dom.js';
import { explain, text } from '../texts.js';

const digits = { type: 'password', inputmode: 'numeric', pattern: '[0-9]{6}', maxlength: 6, autocomplete: 'new-password' };
const trivial = pin => /^(\d)\1{5}$/.test(pin) || '01234567890'.includes(pin) || '09876543210'.includes(pin);

export default app => app.show(
  element('h1', {}, text('pinTitle')),
  element('p', {}, text('pinLead')),
  form([field('pin', text('pin'), digits), field('again', text('pinAgain'), digits)], text('next'), async ({ pin, again }) => {
    if (pin !== again) throw new Error(text('pinsDiffer'));
    if (trivial(pin)) throw new Error(text('pinTrivial'));
    const deviceId = await bind(app.state, pin, navigator.userAgentData?.platform ?? navigator.platform ?? 'Web');
    await app.advance({ stage: 'bound', deviceId, token: undefined });
  }, explain));
