import { agree, askForCertificate, certificateRequest } from '../phone.js';
import { action, busy, element, list } from '../dom.js';
import { poll } from '../poll.js';
import { explain, language, text } from '../texts.js';

const pollMilliseconds = 1000;
const shownData = ['commonName', 'serialNumber', 'country', 'email'];

/** The certificates of the customer: ask for one, check the data, agree, watch it being issued, see it. */
export default (app, section) => {
  const { signal } = app;
  const error = element('p', { class: 'error', role: 'alert' });
  const draw = (...nodes) => section.replaceChildren(element('h2', { id: 'certificate-title' }, text('certificatesTitle')), ...nodes);
  const data = request => list(shownData.map(name => [text(`data_${name}`), request.data[name]]));

  const offer = sentence => draw(element('div', { class: 'card' },
    element('p', {}, sentence), error,
    element('div', { class: 'buttons' }, action(text('getCertificate'), { class: 'main' }, async () => {
      const request = await askForCertificate(app.state, language);
      await app.remember({ requestId: request.requestId });
      show(request);
    }, error))));

  const confirmData = request => draw(element('div', { class: 'card' },
    element('p', {}, text('checkData')), data(request),
    element('h3', { id: 'agreement-title' }, text('agreement')),
    element('div', { class: 'text', tabindex: 0, role: 'region', 'aria-labelledby': 'agreement-title' }, request.agreement.text), error,
    element('div', { class: 'buttons' }, action(text('agree'), { class: 'main' }, async () => {
      await agree(app.state, request);
      follow();
    }, error))));

  const certificate = request => draw(element('ul', { class: 'cards' }, element('li', { class: 'card', 'data-serial': request.serial },
    element('p', { class: 'seal' }, text('issued')),
    element('h3', {}, request.data.commonName),
    list([[text('certificateKind'), text('cloudPersonal')], [text('serialNumber'), request.serial], [text('algorithm'), request.algorithm]]))));

  function show(request) {
    switch (request.state) {
      case 'Issued': return certificate(request);
      case 'DataConfirmationPending': return confirmData(request);
      case 'Rejected': return offer(text('rejected'));
      case 'Ended': return offer(text('ended'));
      default:
        draw(element('div', { class: 'card' }, busy(text('issuing'), request.progress), error));
    }
  }

  /** Looks until nothing happens by itself any more. */
  const follow = () => poll(signal, pollMilliseconds, async () => {
    try {
      const request = await certificateRequest(app.state, app.state.requestId);
      error.textContent = '';
      show(request);
      return !['AgreementSigned', 'Issuing'].includes(request.state);
    } catch (failure) {
      error.textContent = explain(failure);
      if (!error.isConnected) draw(error);
      return false;
    }
  });

  if (app.state.requestId) {
    draw(element('progress', { 'aria-label': text('working') }));
    follow();
  } else {
    offer(text('noCertificate'));
  }
};
