// Every text of the app in Bulgarian and English.

const texts = {
  skip: ['Към съдържанието', 'Skip to content'],
  contactsTitle: ['Създаване на профил', 'Create your profile'],
  contactsLead: ['Ще изпратим код на имейла и код на телефона Ви.', 'We send one code to your e-mail and one to your phone.'],
  email: ['Имейл', 'E-mail'],
  phone: ['Телефон (с код на страната, напр. +359…)', 'Phone (with country code, e.g. +359…)'],
  next: ['Напред', 'Next'],
  codesTitle: ['Въведете двата кода', 'Enter the two codes'],
  emailCode: ['Код от имейла', 'Code from the e-mail'],
  phoneCode: ['Код от SMS', 'Code from the SMS'],
  startAgain: ['Започни отначало', 'Start again'],
  identityTitle: ['Потвърдете самоличността си', 'Verify your identity'],
  identityLead: ['Данните трябва да съвпадат с документа Ви. Обикновено отнема до 15 минути.', 'The data must match your document. It usually takes up to 15 minutes.'],
  documentNumber: ['Номер на документ за самоличност', 'Number of the identity document'],
  nationalId: ['ЕГН / ЛНЧ / национален номер', 'Personal number'],
  country: ['Държава', 'Country'],
  givenName: ['Собствено име (както е в документа)', 'Given name (as in the document)'],
  surname: ['Фамилно име (както е в документа)', 'Surname (as in the document)'],
  dateOfBirth: ['Дата на раждане', 'Date of birth'],
  verifying: ['Проверяваме данните Ви…', 'We are verifying your data…'],
  negative: ['Самоличността не беше потвърдена. Проверете данните и опитайте отново.', 'Your identity was not confirmed. Check the data and try again.'],
  suspended: ['Проверката изисква уточнение. Ще се свържем с Вас.', 'The verification needs clarification. We will contact you.'],
  pinTitle: ['Изберете ПИН', 'Choose a PIN'],
  pinLead: ['Шест цифри. Без него никой не може да подпише вместо Вас; не го казвайте на никого.', 'Six digits. Nobody can sign for you without it; tell it to no one.'],
  pin: ['ПИН', 'PIN'],
  pinAgain: ['ПИН отново', 'PIN again'],
  pinsDiffer: ['Двата ПИН кода се различават.', 'The two PINs differ.'],
  pinTrivial: ['Този ПИН е лесен за отгатване.', 'This PIN is easy to guess.'],
  homeTitle: ['Чакат Вашето потвърждение', 'Waiting for you'],
  nothing: ['Няма чакащи заявки.', 'Nothing is waiting.'],
  who: ['За', 'For'],
  what: ['Какво', 'What'],
  cost: ['Цена', 'Cost'],
  until: ['До', 'Until'],
  place: ['Място', 'Place'],
  browser: ['Браузър', 'Browser'],
  at: ['Час', 'Time'],
  certificateUsed: ['Удостоверение', 'Certificate'],
  documents: ['Документи', 'Documents'],
  unitsCustomer: ['{0} от Вашия пакет', '{0} from your package'],
  unitsClient: ['безплатно за Вас', 'free of charge for you'],
  review: ['Преглед', 'Review'],
  confirm: ['Потвърждавам', 'Confirm'],
  decline: ['Отказвам', 'Decline'],
  signTitle: ['Подписване', 'Sign'],
  loginTitle: ['Вход', 'Login'],
  back: ['Назад', 'Back'],
  signed: ['Потвърдено.', 'Confirmed.'],
  declined: ['Отказано.', 'Declined.'],
  loginAsked: ['Иска се вход във Вашия профил. Потвърдете само ако го започнахте Вие.', 'Somebody wants to log in to your profile. Confirm only if it was you.'],
  certificateTitle: ['Облачно удостоверение', 'Cloud certificate'],
  getCertificate: ['Издай ми удостоверение', 'Get a certificate'],
  noCertificate: ['Още нямате удостоверение. Издаването е безплатно.', 'You have no certificate yet. Issuing is free of charge.'],
  checkData: ['Така ще изглеждат данните Ви в удостоверението.', 'Your data will stand in the certificate like this.'],
  agreement: ['Договор', 'Agreement'],
  agree: ['Данните са верни, приемам договора', 'The data are right and I accept the agreement'],
  issuing: ['Издаваме удостоверението…', 'Your certificate is being issued…'],
  issued: ['Готово: вече можете да подписвате.', 'Done: you can sign now.'],
  units: ['Оставащи подписи', 'Signatures left'],
  unlimited: ['неограничено', 'unlimited'],
  offline: ['Няма връзка. Опитайте отново.', 'No connection. Try again.'],
  display_mismatch: ['Показаното не съвпада със заявката. Не подписвайте.', 'What is shown does not match the request. Do not sign.'],
  invalid_pin: ['Грешен ПИН.', 'Wrong PIN.'],
  device_locked: ['Устройството е заключено след пет грешни ПИН кода.', 'This device is locked after five wrong PINs.'],
  no_units: ['Нямате оставащи подписи в пакета.', 'Your package has no signatures left.'],
};

export let language = localStorage.getItem('language') ?? (navigator.language.startsWith('bg') ? 'bg' : 'en');

export function setLanguage(value) {
  language = value;
  localStorage.setItem('language', value);
}

export const text = (name, ...values) =>
  values.reduce((line, value, i) => line.replace(`{${i}}`, value), (texts[name] ?? [name, name])[language === 'bg' ? 0 : 1]);

/** The sentence for an error: our own for the codes that a person can act on, else the server's. */
export const explain = failure => texts[failure.code] ? text(failure.code) : failure.message || text('offline');

export const time = value => new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(value));
