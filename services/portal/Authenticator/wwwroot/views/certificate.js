import { agree, askForCertificate, certificateRequest } from '../phone.js';
import { element, list } from '../dom.js';
import { explain, language, text } from '../texts.js';

const pollMilliseconds = 1000;

/** The card of the cloud certificate: ask, check the data, agree, watch it being issued. */
export default (app, card) => {
  let timer;
  const error = element('p', { class: 'error', role: 'alert' });
  const draw = (...nodes) => card.replaceChildren(element('h2', { id: 'certificate-title' }, text('certificateTitle')), ...nodes, error);

  const button = (label, work) => element('button', {
    class: 'main', type: 'button', onclick: async event => {
      event.target.disabled = true;
      error.textContent = '';
      try {
        await work();
      } catch (failure) {
        error.textContent = explain(failure);
        event.target.disabled = false;
      }
    },
  }, label);

  async function show(request) {
    clearTimeout(timer);
    if (request.state === 'Issued') {
      draw(element('p', {}, text('issued')), list(dataPairs(request)));
    } else if (request.state === 'DataConfirmationPending' || request.state === 'AgreementPending') {
      draw(element('p', {}, text('checkData')), list(dataPairs(request)), element('h3', {}, text('agreement')),
        element('div', { class: 'text', tabindex: 0 }, request.agreement.text),
        element('div', { class: 'buttons' }, button(text('agree'), async () => {
          await agree(app.state, request);
          await follow(request.requestId);
        })));
    } else {
      draw(element('p', {}, text('issuing')), element('progress', { 'aria-label': text('issuing') }));
      timer = setTimeout(() => follow(request.requestId).catch(failure => { error.textContent = explain(failure); }), pollMilliseconds);
    }
  }

  const follow = async id => show(await certificateRequest(app.state, id));

  const dataPairs = request => Object.entries(request.data).filter(([, value]) => typeof value === 'string');

  if (app.state.requestId) {
    draw();
    follow(app.state.requestId).catch(failure => { error.textContent = explain(failure); });
  } else {
    draw(element('p', {}, text('noCertificate')), element('div', { class: 'buttons' }, button(text('getCertificate'), async () => {
      const request = await askForCertificate(app.state, language);
      await app.remember({ requestId: request.requestId });
      await show(request);
    })));
  }
  return () => clearTimeout(timer);
};
