using Pechat.DevHost.Servers;

namespace Pechat.SystemTests.DevHost;

internal sealed class MailboxTests
{
    [Test, Property("Clause", "RFC 2045 §6.7, RFC 2047 §4")]
    public void Quoted_printable_text_and_an_encoded_subject_are_decoded()
    {
        CapturedMail mail = Mailbox.Parse(1, "To: a@example.com\r\nSubject: =?utf-8?B?0JrQvtC0?=\r\nContent-Type: text/plain; charset=utf-8\r\n"
            + "Content-Transfer-Encoding: quoted-printable\r\n\r\n=D0=9A=D0=BE=D0=B4: 123=\r\n456\r\n");

        Assert.That(mail, Is.EqualTo(new CapturedMail(1, "a@example.com", "Код", "Код: 123456\n")));
    }

    [Test, Property("Clause", "RFC 2046 §5.1")]
    public void Every_text_part_of_a_multipart_mail_is_decoded()
    {
        CapturedMail mail = Mailbox.Parse(2, "To: a@example.com\nSubject: s\nContent-Type: multipart/alternative;\n boundary=--x\n\n"
            + "----x\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n0JrQvtC0\n\n----x\nContent-Type: text/html\n\n<p>two\n----x--\n");

        Assert.That(mail.Text, Does.Contain("Код").And.Contain("<p>two"));
    }
}
