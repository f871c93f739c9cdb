import { confirm, decline } from '../phone.js';
import { action, element, field, form, list, sixDigits } from '../dom.js';
import { text, time } from '../texts.js';

const cost = item => item.cost.payer === 'client' ? text('unitsClient', item.client.name) : text(item.cost.units === 1 ? 'unitCustomer' : 'unitsCustomer', item.cost.units);
const names = item => item.documents.map(document => document.name).filter(name => name).join(', ');
const facts = item => [[text('who'), item.client.name], [text('what'), item.description || names(item)], [text('cost'), cost(item)], [text('until'), time(item.expiresAt)]];

/** The name in a certificate's subject (RFC 4514), which is shown before the rest of it. */
const commonName = subject => (/(?:^|[,+])CN=((?:\\.|[^,+\\])*)/.exec(subject)?.[1] ?? subject).replace(/\\(.)/g, '$1');

/** A request in short. */
export const requestCard = (app, item) => element('article', { class: 'card asks', 'data-request': item.transactionId },
  element('p', { class: 'seal' }, text('signTitle')),
  element('h3', {}, item.client.name),
  list(facts(item).slice(1)),
  element('div', { class: 'buttons' }, element('button', { class: 'main', type: 'button', onclick: () => app.open(request, item) }, text('review'))));

/** One request in full: what is shown here is what the confirmation signs. */
const request = (app, item) => {
  const error = element('p', { class: 'error', role: 'alert' });
  const done = async sentence => {
    await app.draw();
    app.say(text(sentence, item.client.name));
  };
  app.show(text('signTitle'),
    element('div', { class: 'card' },
      list(facts(item)),
      element('h2', {}, text('documents', item.documents.length)),
      element('ol', { class: 'documents' }, item.documents.map(document => element('li', {}, document.name || text('nameless')))),
      element('details', {}, element('summary', {}, text('details')),
        list([[text('certificateUsed'), commonName(item.certificate.subject)], [text('serialNumber'), item.certificate.serial], [text('holder'), item.certificate.subject]]),
        item.documents.map(({ name, digest, hashAlgorithm }) => element('p', { class: 'digest' }, `${name || text('nameless')} · ${hashAlgorithm} · ${digest}`)))),
    element('p', { class: 'soft' }, text('signWarning')),
    form([field('pin', text('pin'), sixDigits({ type: 'password', autocomplete: 'off' }))], text('sign'), async ({ pin }) => {
      await confirm(app.state, item, pin);
      await done('signed');
    }),
    error,
    element('div', { class: 'buttons' },
      action(text('decline'), { class: 'danger' }, async () => {
        await decline(app.state, item);
        await done('declined');
      }, error),
      element('button', { class: 'quiet', type: 'button', onclick: () => app.draw() }, text('back'))));
};
