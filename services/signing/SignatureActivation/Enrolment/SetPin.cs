using System.Security.Cryptography;
using System.Text;
using Grpc.Core;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Hosting;
using Pechat.SignatureActivation.Enrolment;
using Pechat.SignatureActivation.Jose;

namespace Pechat.SignatureActivation;

internal sealed partial class ActivationModuleService
{
    private const string PinAudience = "pechat-sam-pin";

    /// <summary>Bound to the new PIN, so that an encrypted PIN of earlier stands for nothing.</summary>
    private sealed record PresentPin(string Pin, string Device, string PinHash);

    /// <summary>Sets a new PIN: the device signs it, and a fresh verification or the present PIN proves the person.</summary>
    [Callers("identity")]
    public override Task<SetPinReply> SetPin(SetPinRequest request, ServerCallContext context) =>
        AnswerAsync(() => SetPinAsync(request, context.CancellationToken));

    private async Task<SetPinReply> SetPinAsync(SetPinRequest request, CancellationToken ct)
    {
        Guid owner = ParseId(request.OwnerId, "owner_id"), deviceId = ParseId(request.DeviceId, "device_id");
        try
        {
            // Step 1: the owner's active device sent this very PIN.
            Device device;
            await using (NpgsqlConnection connection = await db.OpenConnectionAsync(ct))
                device = await FindActiveDeviceAsync(connection, request.DeviceId, owner, ct);
            CheckProof(request.Proof, PinAudience, owner, deviceId, request.Pin, device.Key);
            string pin = await ReadNewPinAsync(request.Pin, device.Key, ct);
            // Step 2: the person, by an assertion or by the PIN so far.
            string? jti = null;
            switch (request.EvidenceCase)
            {
                case SetPinRequest.EvidenceOneofCase.Verification:
                    jti = CheckVerification(request.Verification, owner, device.Key);
                    break;
                case SetPinRequest.EvidenceOneofCase.CurrentPin:
                    PresentPin present = await module.DecryptAsync<PresentPin>(request.CurrentPin, ct);
                    Require(present.Device == device.Key.Thumbprint && present.PinHash == HashOf(request.Pin), "the present PIN is for something else");
                    await pins.VerifyAsync(device, present.Pin, SHA256.HashData(Encoding.ASCII.GetBytes(request.CurrentPin)), ct);
                    break;
                default:
                    throw FaultException.Invalid("invalid_request", "evidence is missing");
            }
            // Step 3: the record, then the PIN; an assertion is used up by it.
            await audit.WriteAsync("device.setting-pin", new { owner, deviceId, Evidence = request.EvidenceCase.ToString(), jti });
            await pins.SetAsync(device, pin, jti, ct);
            return new SetPinReply();
        }
        catch (JoseException refusal)
        {
            Refused(logger, "new PIN", refusal.Message);
            throw FaultException.Forbidden("invalid_evidence", refusal.Message);
        }
    }

    /// <summary>The device signed this encrypted PIN, for this purpose, now.</summary>
    private void CheckProof(string proof, string audience, Guid owner, Guid deviceId, string encryptedPin, Jwk key)
    {
        ProofClaims claims = Jws.Parse(proof).Verify<ProofClaims>(key);
        Require(claims.Aud == audience && IsId(claims.Sub, owner) && IsId(claims.Device, deviceId) && IsCurrent(claims.Iat)
            && claims.PinHash == HashOf(encryptedPin), "the proof is for something else");
    }

    private async Task<string> ReadNewPinAsync(string encrypted, Jwk key, CancellationToken ct)
    {
        EnrolmentPin pin = await module.DecryptAsync<EnrolmentPin>(encrypted, ct);
        Require(pin.Device == key.Thumbprint, "the PIN is for another device");
        if (!PinPolicy.IsWellFormed(pin.Pin))
            throw FaultException.Invalid("invalid_pin_format", $"a PIN has {PinPolicy.Length} digits");
        return PinPolicy.IsTrivial(pin.Pin) ? throw FaultException.Invalid("trivial_pin", "this PIN is too easy to guess") : pin.Pin;
    }

    private static string HashOf(string message) => StrictJson.Text(SHA256.HashData(Encoding.ASCII.GetBytes(message)));
}
