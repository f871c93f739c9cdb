import { confirm, decline } from '../phone.js';
import { element, field, form, list } from '../dom.js';
import { explain, text, time } from '../texts.js';

export const costOf = item => item.cost.payer === 'client' ? text('unitsClient') : text('unitsCustomer', item.cost.units);

/** One request in full: what is shown here is what the confirmation signs. */
export default (app, item) => {
  const pin = { type: 'password', inputmode: 'numeric', pattern: '[0-9]{6}', maxlength: 6, autocomplete: 'off' };
  const error = element('p', { class: 'error', role: 'alert' });
  const done = sentence => {
    app.draw();
    app.say(text(sentence));
  };
  app.show(
    element('h1', {}, text('signTitle')),
    element('div', { class: 'card' },
      list([[text('who'), item.client.name], [text('what'), item.description], [text('certificateUsed'), item.certificate?.subject],
        [text('cost'), costOf(item)], [text('until'), time(item.expiresAt)]]),
      element('h2', {}, text('documents')),
      element('ol', {}, item.documents.map(document => element('li', {},
        element('div', {}, document.name || '—'), element('div', { class: 'digest', title: document.hashAlgorithm }, document.digest))))),
    form([field('pin', text('pin'), pin)], text('confirm'), async values => {
      await confirm(app.state, item, values.pin);
      done('signed');
    }, explain),
    error,
    element('div', { class: 'buttons' },
      element('button', {
        class: 'danger', type: 'button', onclick: async event => {
          event.target.disabled = true;
          try {
            await decline(app.state, item);
            done('declined');
          } catch (failure) {
            error.textContent = explain(failure);
            event.target.disabled = false;
          }
        },
      }, text('decline')),
      element('button', { type: 'button', onclick: () => app.draw() }, text('back'))));
};
