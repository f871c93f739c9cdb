import { acceptTerms, terms } from '../phone.js';
import { action, busy, element, startAgain } from '../dom.js';
import { explain, language, text } from '../texts.js';

/** The general terms, which are accepted by the hash of the very text that is shown. */
export default async app => {
  const { signal } = app;
  app.show(text('termsTitle'), busy(text('working')));
  const error = element('p', { class: 'error', role: 'alert' });
  try {
    const shown = await terms(language);
    if (signal.aborted) return;
    app.show(text('termsTitle'),
      element('p', {}, text('termsLead')),
      element('div', { class: 'text tall', tabindex: 0, role: 'region', 'aria-label': text('termsTitle'), lang: shown.language }, shown.text),
      error,
      element('div', { class: 'buttons' }, action(text('acceptTerms'), { class: 'main' }, async () => {
        await acceptTerms(app.state.token, shown);
        await app.advance({ stage: 'identity' });
      }, error)),
      startAgain(app));
  } catch (failure) {
    if (signal.aborted) return;
    app.show(text('termsTitle'), element('p', { class: 'error', role: 'alert' }, explain(failure)),
      element('div', { class: 'buttons' }, element('button', { type: 'button', class: 'main', onclick: () => app.draw() }, text('tryAgain'))));
  }
};
