// Which view the stage of this device asks for; the views draw into <main>.

import { load, save } from './store.js';
import { element } from './dom.js';
import { language, setLanguage, text } from './texts.js';
import contacts from './views/contacts.js';
import codes from './views/codes.js';
import terms from './views/terms.js';
import identity from './views/identity.js';
import pin from './views/pin.js';
import home from './views/home.js';

const views = { contacts, codes, terms, identity, pin, bound: home };
const steps = Object.keys(views).slice(0, -1); // what comes before the home
const main = document.getElementById('main');
const status = document.getElementById('status');
let state;
let visit = new AbortController(); // ends when the view is left
let shown; // the view and its arguments, to draw it again in another language

const app = {
  get state() { return state; },
  /** Of the view that is shown: aborted when another one is opened. */
  get signal() { return visit.signal; },
  /** Remembers changes and draws the view of the new stage. */
  async advance(changes) {
    await app.remember(changes);
    await app.draw();
  },
  /** Remembers changes without drawing. */
  async remember(changes) {
    state = { ...state, ...changes };
    await save(state);
  },
  /** Forgets everything that this device knew: the beginning. */
  async forget() {
    state = { stage: steps[0] };
    await save(state);
    await app.draw();
  },
  /** The view of the stage. */
  draw: () => app.open(views[state.stage]),
  /** Another view, until the next one. */
  async open(view, ...rest) {
    visit.abort();
    visit = new AbortController();
    app.say('');
    shown = [view, rest];
    await view(app, ...rest);
  },
  /** Replaces what is shown and moves the reader to it. */
  show(title, ...nodes) {
    document.title = `${title} · Pechat`;
    main.replaceChildren(...[progress(), element('h1', {}, title), ...nodes].filter(node => node));
    main.focus();
    scrollTo(0, 0);
  },
  /** A sentence above the view: what has just happened, or what is wrong. */
  say(sentence, kind = 'good') {
    status.textContent = sentence;
    status.dataset.kind = kind;
  },
};

/** How far the enrolment is. */
function progress() {
  const at = steps.indexOf(state.stage);
  return at < 0 ? '' : element('ol', { class: 'steps', 'aria-label': text('step', at + 1, steps.length) }, steps.map((name, i) =>
    element('li', { 'aria-current': i === at && 'step', class: i < at && 'done' }, text(`step_${name}`))));
}

function drawFrame() {
  document.documentElement.lang = language;
  for (const button of document.querySelectorAll('[data-language]')) button.setAttribute('aria-pressed', String(button.dataset.language === language));
  for (const node of document.querySelectorAll('[data-text]')) node.textContent = text(node.dataset.text);
}

/** Draws the same view in another language; what was typed stays. */
async function change(to) {
  const typed = [...main.querySelectorAll('input:not([type=password]), select, textarea')].map(({ id, value }) => [id, value]);
  setLanguage(to);
  drawFrame();
  const [view, rest] = shown;
  await app.open(view, ...rest);
  for (const [id, value] of typed) {
    const input = document.getElementById(id);
    if (input) input.value = value;
  }
}

for (const button of document.querySelectorAll('[data-language]')) button.addEventListener('click', () => change(button.dataset.language));

// Without it the app works all the same, only not without network.
navigator.serviceWorker?.register('service-worker.js').catch(reason => console.info(`no service worker: ${reason.message}`));
state = await load();
drawFrame();
await app.draw();
