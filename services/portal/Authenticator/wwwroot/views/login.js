import { decideLogin } from '../phone.js';
import { action, element, list } from '../dom.js';
import { text, time } from '../texts.js';

/** A login that waits: who asks, from where, with what. */
export const loginCard = (app, item) => {
  const error = element('p', { class: 'error', role: 'alert' });
  const decide = (decision, sentence) => async () => {
    await decideLogin(app.state, item, decision);
    await app.draw();
    app.say(text(sentence));
  };
  return element('article', { class: 'card asks', 'data-login': item.id },
    element('p', { class: 'seal' }, text('loginTitle')),
    element('h3', {}, item.client),
    element('p', {}, text('loginAsked')),
    list([[text('place'), item.place], [text('browser'), item.browser], [text('at'), time(item.requestedAt)], [text('until'), time(item.expiresAt)]]),
    error,
    element('div', { class: 'buttons' },
      action(text('confirmLogin'), { class: 'main' }, decide('confirm', 'loginConfirmed'), error),
      action(text('notMe'), { class: 'danger' }, decide('decline', 'loginDeclined'), error)));
};
