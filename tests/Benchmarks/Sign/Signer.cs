using System.Security.Cryptography.X509Certificates;
using Pechat.DevHost;
using Pechat.DevHost.MainJob;

namespace Pechat.Benchmarks.Sign;

/// <summary>A customer with a phone and a certificate, and a relying party's token: everything as outsiders get it.</summary>
internal sealed class Signer : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private Signer(Layout layout, KeyKind kind)
    {
        Kind = kind;
        Door = new Door(layout);
        Phone = new ScriptedPhone(Door);
    }

    internal KeyKind Kind { get; }

    internal Door Door { get; }

    internal ScriptedPhone Phone { get; }

    /// <summary>Access token of the relying party for this customer.</summary>
    internal string Token { get; private set; } = "";

    internal string CredentialId { get; private set; } = "";

    internal X509Certificate2 Certificate { get; private set; } = null!;

    internal static async Task<Signer> EnrolAsync(Layout layout, KeyKind kind, CancellationToken ct)
    {
        var signer = new Signer(layout, kind);
        Door door = signer.Door;
        DemoPerson person = DemoPerson.Invent();
        string enrolment = await Enrol.RegisterAsync(door, person, signer.Phone, ct);
        string verification = await Enrol.VerifyAsync(door, person, signer.Phone, enrolment, ct);
        await Enrol.BindAsync(door, signer.Phone, verification, enrolment, ct);
        string id = signer.CredentialId = (string)(await ObtainCertificate.RunAsync(door, signer.Phone, kind.Requested, ct))["credentialId"]!;
        using (var answering = CancellationTokenSource.CreateLinkedTokenSource(ct))
        {
            Task phone = new PhoneLoop(signer.Phone, _ => { }).RunAsync(answering.Token);
            signer.Token = await Login.AsCustomerAsync(door, Login.Bank, person.Email, ct);
            await answering.CancelAsync();
            await phone.ContinueWith(_ => { }, TaskScheduler.Default); // it ended by being cancelled
        }
        var csc = new Csc(door, signer.Token);
        await Polling.UntilAsync(() => csc.CredentialsAsync(ct), all => all.Any(each => (string?)each == id), Patience, "CSC does not list the credential", ct);
        signer.Certificate = (await csc.ChainAsync(id, ct))[0];
        return signer;
    }

    public void Dispose()
    {
        Certificate?.Dispose();
        Phone.Dispose();
        Door.Dispose();
    }
}
