// Which view the stage of this device asks for; the views draw into <main>.

import { load, save } from './store.js';
import { element } from './dom.js';
import { language, setLanguage, text } from './texts.js';
import contacts from './views/contacts.js';
import codes from './views/codes.js';
import identity from './views/identity.js';
import pin from './views/pin.js';
import home from './views/home.js';

const views = { contacts, codes, identity, pin, bound: home };
const main = document.getElementById('main');
const status = document.getElementById('status');
let state;
let leave = () => { };

const app = {
  get state() { return state; },
  /** Remembers changes and draws the view of the new stage. */
  async advance(changes) {
    state = { ...state, ...changes };
    await save(state);
    await draw();
  },
  /** Remembers changes without drawing. */
  async remember(changes) {
    state = { ...state, ...changes };
    await save(state);
  },
  /** Replaces what is shown and moves the reader to it. */
  show(...nodes) {
    main.replaceChildren(...nodes);
    main.focus();
  },
  say(sentence) { status.textContent = sentence; },
  draw,
  element,
};

async function draw() {
  leave();
  document.documentElement.lang = language;
  for (const button of document.querySelectorAll('[data-language]')) button.setAttribute('aria-pressed', String(button.dataset.language === language));
  for (const node of document.querySelectorAll('[data-text]')) node.textContent = text(node.dataset.text);
  leave = await views[state.stage](app) ?? (() => { });
}

for (const button of document.querySelectorAll('[data-language]')) {
  button.addEventListener('click', () => {
    setLanguage(button.dataset.language);
    draw();
  });
}

if ('serviceWorker' in navigator) navigator.serviceWorker.register('service-worker.js');
state = await load();
await draw();
