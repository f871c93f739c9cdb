import { decideLogin, entitlements, pending } from '../phone.js';
import { element, list } from '../dom.js';
import { explain, text, time } from '../texts.js';
import certificate from './certificate.js';
import request, { costOf } from './request.js';

const pollMilliseconds = 2000;

export default async app => {
  let timer;
  let shown = '';
  const waiting = element('div');
  const units = element('p', { class: 'soft' });
  const certificateCard = element('section', { class: 'card', 'aria-labelledby': 'certificate-title' });

  async function refresh() {
    if (!document.hidden) {
      try {
        const found = await pending(app.state);
        const print = JSON.stringify(found);
        if (print !== shown) { // drawn anew only when something changed, so that the keyboard focus stays
          shown = print;
          drawWaiting(found);
          drawUnits();
        }
      } catch (failure) {
        app.say(explain(failure));
      }
    }
    timer = setTimeout(refresh, pollMilliseconds);
  }

  function drawWaiting({ requests, logins }) {
    const count = requests.length + logins.length;
    document.title = count ? `(${count}) Pechat` : 'Pechat';
    app.say(count ? text('homeTitle') : '');
    waiting.replaceChildren(...logins.map(loginCard), ...requests.map(requestCard),
      ...(count ? [] : [element('p', { class: 'soft' }, text('nothing'))]));
  }

  async function drawUnits() {
    const { remaining, unlimited } = await entitlements(app.state);
    units.textContent = `${text('units')}: ${unlimited ? text('unlimited') : remaining}`;
  }

  const requestCard = item => element('article', { class: 'card', 'data-request': item.transactionId },
    element('h3', {}, text('signTitle')),
    list([[text('who'), item.client.name], [text('what'), item.description || item.documents.map(d => d.name).join(', ')],
      [text('cost'), costOf(item)], [text('until'), time(item.expiresAt)]]),
    element('div', { class: 'buttons' }, element('button', { class: 'main', type: 'button', onclick: () => request(app, item) }, text('review'))));

  const loginCard = item => {
    const decide = decision => async event => {
      event.target.disabled = true;
      try {
        await decideLogin(app.state, item, decision);
        app.say(text(decision === 'confirm' ? 'signed' : 'declined'));
      } catch (failure) {
        app.say(explain(failure));
        event.target.disabled = false;
      }
    };
    return element('article', { class: 'card', 'data-login': item.id },
      element('h3', {}, text('loginTitle')),
      element('p', {}, text('loginAsked')),
      list([[text('who'), item.client?.name ?? item.client], [text('place'), item.place], [text('browser'), item.browser], [text('at'), time(item.requestedAt)],
        [text('until'), time(item.expiresAt)]]),
      element('div', { class: 'buttons' },
        element('button', { class: 'main', type: 'button', onclick: decide('confirm') }, text('confirm')),
        element('button', { class: 'danger', type: 'button', onclick: decide('decline') }, text('decline'))));
  };

  app.show(element('h1', {}, text('homeTitle')), waiting, certificateCard, units);
  const leaveCertificate = certificate(app, certificateCard);
  drawUnits().catch(failure => app.say(explain(failure)));
  refresh();
  return () => {
    clearTimeout(timer);
    leaveCertificate();
  };
};
