import { entitlements, pending, profile } from '../phone.js';
import { element } from '../dom.js';
import { poll } from '../poll.js';
import { explain, text } from '../texts.js';
import certificate from './certificate.js';
import { requestCard } from './request.js';
import { loginCard } from './login.js';

const pollMilliseconds = 2000;
const unitsEvery = 5; // polls; units also come and go without a request
const unbound = ['invalid_grant', 'device_not_active', 'device_detached', 'device_locked'];

/** What waits for the user, the certificate, and the units that are left. */
export default app => {
  const { signal } = app;
  let drawn;
  let troubled = false;
  let polls = 0;
  const waiting = element('div', { 'aria-live': 'polite' }, element('progress', { 'aria-label': text('working') }));
  const greeting = element('p', { class: 'soft' });
  const units = element('p', { class: 'figure' }, '…');
  const certificates = element('section', { 'aria-labelledby': 'certificate-title' });

  async function refresh() {
    if (document.hidden) return false;
    try {
      const found = await pending(app.state);
      if (signal.aborted) return true;
      draw(found);
      if (polls++ % unitsEvery === 0) await drawUnits();
      if (troubled) app.say('');
      troubled = false;
    } catch (failure) {
      if (signal.aborted) return true;
      if (unbound.includes(failure.code)) return app.open(lost, failure).then(() => true);
      troubled = true;
      app.say(explain(failure), 'bad');
    }
    return false;
  }

  function draw({ requests, logins }) {
    const print = JSON.stringify([requests, logins]);
    if (print === drawn) return; // drawn anew only when something changed, so that the keyboard focus stays
    drawn = print;
    polls = 0;
    const count = requests.length + logins.length;
    document.title = `${count ? `(${count}) ` : ''}${text('homeTitle')} · Pechat`;
    waiting.replaceChildren(...logins.map(item => loginCard(app, item)), ...requests.map(item => requestCard(app, item)), ...(count ? [] : [
      element('div', { class: 'card empty' }, element('strong', {}, text('nothing')), text('nothingLead'))]));
  }

  async function drawUnits() {
    const { remaining, unlimited } = await entitlements(app.state);
    units.textContent = unlimited ? text('unlimited') : remaining;
  }

  async function greet() {
    const { person, email } = await profile(app.state);
    greeting.textContent = text('greeting', person ? `${person.givenName} ${person.surname}` : email);
  }

  app.show(text('homeTitle'), greeting, waiting, certificates,
    element('section', { 'aria-labelledby': 'units-title' }, element('h2', { id: 'units-title' }, text('units')), element('div', { class: 'card' }, units)));
  certificate(app, certificates);
  greet().catch(failure => app.say(explain(failure), 'bad'));
  poll(signal, pollMilliseconds, refresh);
};

/** This phone is not bound any more: why, and what to do. */
const lost = (app, failure) => app.show(text('lostTitle'),
  element('p', { class: 'error', role: 'alert' }, text(failure.code === 'device_locked' ? 'device_locked' : 'lost')),
  element('p', {}, text('lostLead')),
  element('div', { class: 'buttons' }, element('button', { class: 'main', type: 'button', onclick: () => app.forget() }, text('setUpAgain'))));
