// Small helpers to draw; texts always go in as text, never as markup.

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

/** A labelled input. */
export function field(name, label, attributes = {}) {
  return [element('label', { for: name }, label), element('input', { id: name, name, required: true, ...attributes })];
}

/** Pairs of term and text. */
export const list = pairs => element('dl', {}, pairs.filter(([, text]) => text).map(([term, text]) => [element('dt', {}, term), element('dd', {}, text)]));

/** A form that disables itself while `submit` runs and shows what failed. */
export function form(children, label, submit, explain) {
  const error = element('p', { class: 'error', role: 'alert' });
  const button = element('button', { class: 'main', type: 'submit' }, label);
  return element('form', {
    novalidate: false,
    onsubmit: async event => {
      event.preventDefault();
      error.textContent = '';
      button.disabled = true;
      try {
        await submit(Object.fromEntries(new FormData(event.target)));
      } catch (failure) {
        error.textContent = explain(failure);
        button.disabled = false;
      }
    },
  }, children, error, element('div', { class: 'buttons' }, button));
}
