// Every text of the app in Bulgarian and English. Codes of the services' refusals stand among them: what went wrong, and the next step.

const texts = {
  skip: ['Към съдържанието', 'Skip to content'],
  subtitle: ['Вашият електронен подпис', 'Your electronic signature'],
  step: ['Стъпка {0} от {1}', 'Step {0} of {1}'],
  step_contacts: ['Контакти', 'Contacts'],
  step_codes: ['Кодове', 'Codes'],
  step_identity: ['Самоличност', 'Identity'],
  step_pin: ['ПИН', 'PIN'],
  working: ['Моля, изчакайте', 'Please wait'],
  required: ['Попълнете това поле.', 'Fill in this field.'],
  next: ['Напред', 'Next'],
  startAgain: ['Започни отначало', 'Start again'],
  back: ['Назад', 'Back'],

  contactsTitle: ['Създаване на профил', 'Create your profile'],
  contactsLead: ['Ще изпратим код на имейла и код на телефона Ви. Ако вече имате профил, така го прехвърляте на този телефон.',
    'We send one code to your e-mail and one to your phone. If you have a profile already, this brings it to this phone.'],
  email: ['Имейл', 'E-mail'],
  phone: ['Мобилен телефон', 'Mobile phone'],
  phoneHint: ['С код на страната, например +359 88 123 4567', 'With the country code, e.g. +359 88 123 4567'],
  codesTitle: ['Въведете двата кода', 'Enter the two codes'],
  codesLead: ['Изпратихме ги на {0} и {1}. Валидни са 5 минути.', 'We sent them to {0} and {1}. They are valid for 5 minutes.'],
  emailCode: ['Код от имейла', 'Code from the e-mail'],
  phoneCode: ['Код от SMS', 'Code from the SMS'],
  sixDigits: ['Въведете шест цифри.', 'Enter six digits.'],
  otherContacts: ['Други контакти или нови кодове', 'Other contacts or new codes'],

  identityTitle: ['Потвърдете самоличността си', 'Verify your identity'],
  identityLead: ['Попълнете данните точно както са в документа Ви за самоличност.', 'Fill in the data exactly as they stand in your identity document.'],
  country: ['Държава, издала документа', 'Country of the document'],
  BG: ['България', 'Bulgaria'],
  PL: ['Полша', 'Poland'],
  documentNumber: ['Номер на документа', 'Number of the document'],
  nationalId: ['ЕГН, ЛНЧ или PESEL', 'Personal number'],
  nationalIdHint: ['10 цифри за България, 11 за Полша', '10 digits for Bulgaria, 11 for Poland'],
  givenName: ['Собствено име', 'Given name'],
  nameHint: ['Както е изписано в документа', 'As written in the document'],
  surname: ['Фамилно име', 'Surname'],
  dateOfBirth: ['Дата на раждане', 'Date of birth'],
  verifying: ['Проверяваме данните Ви…', 'We are verifying your data…'],
  verifyingLead: ['Обикновено отнема до 15 минути. Можете да затворите приложението и да се върнете по-късно.', 'It usually takes up to 15 minutes. You may close the app and come back later.'],
  negative: ['Самоличността не беше потвърдена. Проверете данните и опитайте отново.', 'Your identity was not confirmed. Check the data and try again.'],
  suspendedTitle: ['Нужно е уточнение', 'A clarification is needed'],
  suspended: ['Ще се свържем с Вас на посочените контакти. След това проверката ще продължи тук.', 'We will contact you. Afterwards the verification goes on here.'],

  pinTitle: ['Изберете ПИН', 'Choose a PIN'],
  pinLead: ['Шест цифри, с които потвърждавате всеки подпис. Никой от нас няма да Ви пита за тях: не ги казвайте на никого.',
    'Six digits with which you confirm every signature. None of us will ever ask for them: tell them to no one.'],
  pin: ['ПИН', 'PIN'],
  pinAgain: ['ПИН отново', 'PIN again'],
  pinReady: ['Готово', 'Done'],
  pinsDiffer: ['Двата ПИН кода се различават. Въведете ги отново.', 'The two PINs differ. Enter them again.'],
  bound: ['Телефонът е свързан с профила Ви.', 'This phone is bound to your profile.'],

  homeTitle: ['За потвърждение', 'Waiting for you'],
  greeting: ['Здравейте, {0}', 'Hello, {0}'],
  nothing: ['Няма чакащи заявки.', 'Nothing is waiting.'],
  nothingLead: ['Когато някой поиска подпис или вход, ще го видите тук.', 'When somebody asks for a signature or a login, you see it here.'],
  who: ['Иска', 'Asked by'],
  what: ['Какво', 'What'],
  cost: ['Цена', 'Cost'],
  until: ['До', 'Until'],
  place: ['Адрес', 'Address'],
  browser: ['Браузър', 'Browser'],
  at: ['Поискан в', 'Asked at'],
  review: ['Преглед', 'Review'],

  signTitle: ['Подписване', 'Sign'],
  documents: ['Документи: {0}', 'Documents: {0}'],
  nameless: ['документ без име', 'document without a name'],
  details: ['Технически данни', 'Technical details'],
  certificateUsed: ['Удостоверение', 'Certificate'],
  holder: ['Титуляр', 'Holder'],
  unitCustomer: ['1 подпис от Вашия пакет', '1 signature of your package'],
  unitsCustomer: ['{0} подписа от Вашия пакет', '{0} signatures of your package'],
  unitsClient: ['безплатно за Вас, плаща {0}', 'free of charge for you, {0} pays'],
  signWarning: ['Подписът Ви има силата на саморъчен. Потвърдете само ако очаквате тази заявка.', 'Your signature counts like one by hand. Confirm only if you expect this request.'],
  sign: ['Подписвам', 'Sign'],
  decline: ['Отказвам', 'Decline'],
  signed: ['Подписано за {0}.', 'Signed for {0}.'],
  declined: ['Отказахте на {0}. Нищо не е подписано.', 'You declined {0}. Nothing was signed.'],

  loginTitle: ['Вход', 'Login'],
  loginAsked: ['Някой иска да влезе във Вашия профил. Потвърдете само ако сте Вие.', 'Somebody wants to log in to your profile. Confirm only if it is you.'],
  pickNumber: ['Изберете числото, което виждате на страницата за вход:', 'Pick the number that you see on the login page:'],
  wrong_number: ['Страницата за вход показва друго число, затова входът е прекратен. Ако Вие влизате, започнете отново; ако не, никой не е влязъл.',
    'The login page shows another number, so the login has ended. If it was you, start again; if not, nobody got in.'],
  confirmLogin: ['Да, аз влизам', 'Yes, it is me'],
  notMe: ['Не съм аз', 'It is not me'],
  loginConfirmed: ['Входът е потвърден. Върнете се в браузъра.', 'The login is confirmed. Go back to the browser.'],
  loginDeclined: ['Входът е отказан.', 'The login was declined.'],

  certificatesTitle: ['Удостоверения', 'Certificates'],
  noCertificate: ['Още нямате удостоверение. Издаването е безплатно и отнема няколко секунди.', 'You have no certificate yet. Issuing is free of charge and takes a few seconds.'],
  getCertificate: ['Издай ми удостоверение', 'Get a certificate'],
  checkData: ['Така ще изглеждат данните Ви в удостоверението. Прегледайте ги.', 'Your data will stand in the certificate like this. Check them.'],
  data_commonName: ['Име', 'Name'],
  data_serialNumber: ['Идентификатор', 'Identifier'],
  data_country: ['Държава', 'Country'],
  data_email: ['Имейл', 'E-mail'],
  agreement: ['Договор', 'Agreement'],
  agree: ['Данните са верни, приемам договора', 'The data are right and I accept the agreement'],
  issuing: ['Издаваме удостоверението…', 'Your certificate is being issued…'],
  issued: ['Издадено', 'Issued'],
  rejected: ['Удостоверението не можа да бъде издадено. Опитайте отново.', 'The certificate could not be issued. Try again.'],
  ended: ['Удостоверението Ви вече не е валидно. Можете да поискате ново.', 'Your certificate is not valid any more. You can ask for a new one.'],
  certificateKind: ['Вид', 'Kind'],
  cloudPersonal: ['Облачно, лично', 'Cloud, personal'],
  serialNumber: ['Сериен номер', 'Serial number'],
  algorithm: ['Ключ', 'Key'],
  units: ['Оставащи подписи', 'Signatures left'],
  unlimited: ['неограничено', 'unlimited'],

  lostTitle: ['Телефонът не е свързан', 'This phone is not bound'],
  lost: ['Този телефон вече не е свързан с профила Ви.', 'This phone is not bound to your profile any more.'],
  lostLead: ['Свържете го отново: потвърдете контактите и самоличността си и изберете нов ПИН. Удостоверенията Ви се запазват.',
    'Bind it again: confirm your contacts and your identity and choose a new PIN. Your certificates are kept.'],
  setUpAgain: ['Свържи този телефон отново', 'Bind this phone again'],

  offline: ['Няма връзка. Проверете мрежата; ще опитаме отново.', 'No connection. Check the network; we keep trying.'],
  unexpected: ['Нещо се обърка. Опитайте отново след малко.', 'Something went wrong. Try again in a moment.'],
  temporarily_unavailable: ['Услугата не отговаря в момента. Опитайте отново след малко.', 'The service does not answer at the moment. Try again shortly.'],
  invalid_email: ['Това не е имейл адрес.', 'This is no e-mail address.'],
  invalid_phone: ['Въведете мобилен номер с код на страната, например +359 88 123 4567.', 'Enter a mobile number with the country code, e.g. +359 88 123 4567.'],
  too_many_codes: ['Изпратихме три кода. Опитайте отново след 15 минути.', 'We have sent three codes. Try again in 15 minutes.'],
  locked: ['Въведени са твърде много грешни кодове. Опитайте отново след 15 минути.', 'Too many wrong codes were entered. Try again in 15 minutes.'],
  wrong_code: ['Един от кодовете е грешен. Проверете ги и опитайте отново.', 'One of the codes is wrong. Check them and try again.'],
  registration_expired: ['Кодовете вече не са валидни. Поискайте нови.', 'The codes are not valid any more. Ask for new ones.'],
  contact_in_use: ['Имейлът или телефонът принадлежи на друг профил. Използвайте и двата контакта от един профил.', 'The e-mail or the phone belongs to another profile. Use both contacts of one profile.'],
  invalid_token: ['Времето за тази стъпка изтече. Започнете отново с контактите си.', 'The time for this step is over. Start again with your contacts.'],
  invalid_document_number: ['Номерът на документа има от 6 до 20 латински букви и цифри.', 'The number of a document has 6 to 20 Latin letters and digits.'],
  invalid_national_id: ['Това не е валиден личен номер за избраната държава.', 'This is no valid personal number of the chosen country.'],
  invalid_name: ['Името може да съдържа само букви, най-много 64.', 'A name may contain letters only, 64 at most.'],
  data_mismatch: ['Датата на раждане не съвпада с личния номер.', 'The date of birth does not match the personal number.'],
  too_many_attempts: ['Направихте твърде много опити. Опитайте отново утре или се свържете с нас.', 'You have made too many attempts. Try again tomorrow or contact us.'],
  verification_pending: ['Предишната проверка още не е приключила. Изчакайте резултата.', 'The earlier verification has not ended yet. Wait for its result.'],
  not_verified: ['Самоличността Ви още не е потвърдена за този телефон. Започнете отново.', 'Your identity is not verified for this phone yet. Start again.'],
  trivial_pin: ['Този ПИН е лесен за отгатване. Изберете друг.', 'This PIN is easy to guess. Choose another one.'],
  invalid_pin: ['Грешен ПИН.', 'Wrong PIN.'],
  invalid_pin_left: ['Грешен ПИН. Остават опити: {0}.', 'Wrong PIN. Tries left: {0}.'],
  device_locked: ['Телефонът е заключен след пет грешни ПИН кода. Нищо не е подписано.', 'This phone is locked after five wrong PINs. Nothing was signed.'],
  display_mismatch: ['Показаното не съвпада със заявката. Не подписвайте и се свържете с нас.', 'What is shown does not match the request. Do not sign, and contact us.'],
  no_units: ['Нямате достатъчно подписи в пакета. Купете пакет в портала и потвърдете отново.', 'Your package has too few signatures. Buy a package in the portal and confirm again.'],
  payer_refused: ['Заявителят не може да плати този подпис. Откажете и му съобщете.', 'The requester cannot pay for this signature. Decline, and tell them.'],
  credential_disabled: ['Удостоверението Ви не е активно, затова не може да се подписва с него.', 'Your certificate is not active, so it cannot sign.'],
  confirmation_running: ['Заявката вече се потвърждава. Изчакайте малко.', 'The request is being confirmed already. Wait a moment.'],
  request_declined: ['Заявката вече е отказана.', 'The request was declined already.'],
  request_expired: ['Времето за потвърждение изтече. Поискайте подписа отново.', 'The time to confirm is over. Ask for the signature again.'],
  request_not_pending: ['Заявката вече не чака решение.', 'The request is not waiting any more.'],
  illegal_state: ['Това вече не е възможно: заявката е приключила.', 'This is not possible any more: the request has ended.'],
  certificate_exists: ['Вече имате активно удостоверение; то работи и с този телефон.', 'You have an active certificate already; it works with this phone too.'],
  data_changed: ['Данните в профила Ви са променени. Поискайте удостоверението отново.', 'The data in your profile have changed. Ask for the certificate again.'],
  identity_too_old: ['Самоличността Ви е потвърдена преди повече от 30 дни. Потвърдете я отново.', 'Your identity was verified more than 30 days ago. Verify it again.'],
  profile_not_active: ['Профилът Ви не е активен. Свържете се с нас.', 'Your profile is not active. Contact us.'],
};

export let language = localStorage.getItem('language') ?? (navigator.language.startsWith('bg') ? 'bg' : 'en');

export function setLanguage(value) {
  language = value;
  localStorage.setItem('language', value);
}

export const text = (name, ...values) =>
  values.reduce((line, value, i) => line.replaceAll(`{${i}}`, () => value), texts[name][language === 'bg' ? 0 : 1]);

/** The sentence for a failure: our own for the codes that a person can act on, the failure's own when the app made it, else that something went wrong. */
export function explain(failure) {
  if (failure.code === 'invalid_pin') {
    const left = /\d+/.exec(failure.message)?.[0]; // "the PIN is wrong; 4 tries are left"
    return left ? text('invalid_pin_left', left) : text('invalid_pin');
  }
  if (texts[failure.code]) return text(failure.code);
  return failure.code === undefined ? failure.message : text('unexpected');
}

export const time = value => new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(value));
