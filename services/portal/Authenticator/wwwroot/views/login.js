import { decideLogin } from '../phone.js';
import { action, element, list } from '../dom.js';
import { explain, text, time } from '../texts.js';

/** A login that waits: who asks, from where, with what; it is confirmed by the number that the login page shows. */
export const loginCard = (app, item) => {
  const error = element('p', { class: 'error', role: 'alert' });
  const decide = (decision, sentence, number) => async () => {
    try {
      await decideLogin(app.state, item, decision, number);
    } catch (failure) {
      if (failure.code !== 'wrong_number') throw failure;
      await app.draw();
      return app.say(explain(failure), 'bad');
    }
    await app.draw();
    app.say(text(sentence));
  };
  const question = `login-${item.id}`;
  return element('article', { class: 'card asks', 'data-login': item.id },
    element('p', { class: 'seal' }, text('loginTitle')),
    element('h3', {}, item.client),
    element('p', {}, text('loginAsked')),
    list([[text('place'), item.place], [text('browser'), item.browser], [text('at'), time(item.requestedAt)], [text('until'), time(item.expiresAt)]]),
    item.numbers ? [
      element('p', { id: question, class: 'question' }, text('pickNumber')),
      element('div', { class: 'buttons numbers', role: 'group', 'aria-labelledby': question },
        item.numbers.map(number => action(number, { class: 'number' }, decide('confirm', 'loginConfirmed', number), error))),
    ] : element('div', { class: 'buttons' }, action(text('confirmLogin'), { class: 'main' }, decide('confirm', 'loginConfirmed'), error)),
    error,
    element('div', { class: 'buttons' }, action(text('notMe'), { class: 'danger' }, decide('decline', 'loginDeclined'), error)));
};
