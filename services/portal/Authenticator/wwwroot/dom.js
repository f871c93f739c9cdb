// Small helpers to draw; texts always go in as text, never as markup.

import { explain, text } from './texts.js';

/** An element: attributes, listeners as onX, and children (strings become text). */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, '');
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.flat(Infinity).filter(child => child != null && child !== false));
  return node;
}

/** A labelled input with a hint below the label and room for what is wrong with it; `options` makes it a choice of [value, text], `area` a text of several lines. */
export function field(name, label, { hint, wrong, options, area, ...attributes } = {}) {
  const described = `${hint ? `${name}-hint ` : ''}${name}-wrong`;
  const common = { id: name, name, required: true, 'aria-describedby': described, 'data-wrong': wrong, ...attributes };
  return element('div', { class: 'field' },
    element('label', { for: name }, label),
    hint && element('p', { class: 'hint', id: `${name}-hint` }, hint),
    options ? element('select', common, options.map(([value, shown]) => element('option', { value }, shown))) : element(area ? 'textarea' : 'input', common),
    element('p', { class: 'error', id: `${name}-wrong` }));
}

/** Attributes of an input for a PIN or a code of six digits. */
export const sixDigits = more => ({ inputmode: 'numeric', pattern: '[0-9]{6}', maxlength: 6, class: 'digits', wrong: text('sixDigits'), ...more });

/** Pairs of term and text; pairs without a text are left out. */
export const list = pairs => element('dl', {}, pairs.filter(([, value]) => value).map(([term, value]) => [element('dt', {}, term), element('dd', {}, value)]));

/** A sign that something long is going on. */
export const busy = (sentence, percent) => element('div', { class: 'busy' },
  element('p', { role: 'status' }, sentence), element('progress', { 'aria-label': sentence, max: 100, value: percent || null }));

/** The way back to the beginning, for when a step cannot be finished any more. */
export const startAgain = app => element('p', {}, element('button', { type: 'button', class: 'quiet', onclick: () => app.forget() }, text('startAgain')));

/** A form that says what is missing, disables itself while `submit` runs, and says what failed. Passwords are emptied after a failure. */
export function form(children, label, submit) {
  const error = element('p', { class: 'error', role: 'alert' });
  const working = element('progress', { 'aria-label': text('working'), hidden: true });
  const button = element('button', { class: 'main', type: 'submit' }, label);
  return element('form', {
    novalidate: true,
    onsubmit: async event => {
      event.preventDefault();
      error.textContent = '';
      if (!complete(event.target)) return;
      button.disabled = true;
      working.hidden = false;
      try {
        await submit(Object.fromEntries(new FormData(event.target)));
      } catch (failure) {
        error.textContent = explain(failure);
        const secrets = [...event.target.querySelectorAll('input[type=password]')];
        for (const secret of secrets) secret.value = '';
        secrets[0]?.focus();
      } finally {
        button.disabled = false;
        working.hidden = true;
      }
    },
  }, children, error, working, element('div', { class: 'buttons' }, button));
}

/** A button that waits for its work and says below itself what failed. */
export function action(label, attributes, work, error) {
  return element('button', {
    type: 'button', ...attributes, onclick: async event => {
      const button = event.currentTarget;
      button.disabled = true;
      error.textContent = '';
      try {
        await work();
      } catch (failure) {
        error.textContent = explain(failure);
      } finally {
        button.disabled = false;
      }
    },
  }, label);
}

function complete(target) {
  const inputs = [...target.querySelectorAll('input, select, textarea')];
  for (const input of inputs) {
    const good = input.checkValidity();
    document.getElementById(`${input.id}-wrong`).textContent = good ? '' : input.value && input.dataset.wrong || text('required');
    if (good) input.removeAttribute('aria-invalid');
    else input.setAttribute('aria-invalid', 'true');
  }
  const first = inputs.find(input => !input.checkValidity());
  first?.focus();
  return !first;
}
