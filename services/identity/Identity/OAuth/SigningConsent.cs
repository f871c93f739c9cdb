using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.Signing.V1;
using Pechat.Hosting;
using Pechat.Persistence;

namespace Pechat.Identity.OAuth;

/// <summary>
/// The second half of a login with scope credential: the signer, now known, is shown what will be signed and confirms it on the phone, whose
/// confirmation is the consent. The name of the transaction in Signing follows from that of the login, so asking twice asks once.
/// </summary>
internal sealed class SigningConsent(NpgsqlDataSource db, ICredentialAuthorization signing, TokenOptions tokens, TimeProvider clock)
{
    /// <summary>How long after the login the phone may be asked and the code fetched; then the signer logs in anew.</summary>
    internal static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    /// <summary>The transaction of a login: another name, because a phone sees both and may keep them together (RFC 9562 §5.8).</summary>
    internal static Guid TransactionOf(Guid login)
    {
        byte[] name = SHA256.HashData(Encoding.ASCII.GetBytes($"pechat transaction of login {login}"))[..16];
        name[6] = (byte)((name[6] & 0x0F) | 0x80);
        name[8] = (byte)((name[8] & 0x3F) | 0x80);
        return new(name, bigEndian: true);
    }

    /// <summary>Whether the phone has not decided yet.</summary>
    internal async Task<bool> WaitsAsync(LoginRow row, CancellationToken ct) =>
        row is { State: "Confirmed", Credential: not null } && (await signing.GetAsync(TransactionOf(row.Id), ct)).State == "pending";

    /// <summary>Asks, shows, and ends with a code once the phone has confirmed.</summary>
    internal async Task<IResult> ContinueAsync(LoginRow row, ClientOptions client, PageText text, bool cancel, CancellationToken ct)
    {
        AuthorizationReply reply;
        try
        {
            if (cancel)
                await signing.CloseAsync(TransactionOf(row.Id), ct);
            var asked = JsonSerializer.Deserialize<CredentialRequest>(row.Credential!)!;
            reply = await signing.OpenAsync(SigningPeer.Question(TransactionOf(row.Id), row.CustomerId!.Value, row.ClientId, asked), ct);
        }
        catch (FaultException fault) when (fault.Kind is not (FaultKind.Unavailable or FaultKind.Exhausted))
        {
            await EndAsync(row, ct);
            // Nobody but the holder learns whether a credential exists: unknown and another customer's are both denied (CSC API §11.13, 158).
            string error = fault.Kind == FaultKind.Forbidden || fault.Message == "Invalid parameter credentialID" ? "access_denied" : "invalid_request";
            return Back(row, ("error", error), ("error_description", fault.Message));
        }
        switch (reply.State)
        {
            case "pending":
                return ConsentPage.Show(text, client, row.Id, reply);
            case "active":
                DateTimeOffset now = clock.GetUtcNow(), until = DateTimeOffset.FromUnixTimeSeconds(reply.ExpiresAt);
                string? code = await db.InTransactionAsync(tx => WaitForLogin.GrantAsync(tx, row, (reply.CredentialId, until), now, ct), ct);
                return code is null ? LoginPage.Refused(text) : Back(row, ("code", code));
            case "expired":
                await EndAsync(row, ct);
                return LoginPage.Ended(text, client, AuthorizationRequest.Redirect(row.RedirectUri, tokens.Issuer, row.ClientState, ("error", "access_denied")));
            default:
                await EndAsync(row, ct);
                return Back(row, ("error", "access_denied"), ("error_description", "The user declined"));
        }
    }

    private Task<LoginRow> EndAsync(LoginRow row, CancellationToken ct) => db.InTransactionAsync(tx => LoginRow.EndAsync(tx, row, "Cancelled", clock.GetUtcNow(), ct), ct);

    private IResult Back(LoginRow row, params (string Name, string Value)[] parameters) =>
        Results.Redirect(AuthorizationRequest.Redirect(row.RedirectUri, tokens.Issuer, row.ClientState, parameters));
}
