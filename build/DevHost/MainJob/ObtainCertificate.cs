using System.Text.Json.Nodes;

namespace Pechat.DevHost.MainJob;

/// <summary>The phone asks for a cloud certificate, confirms data and agreement, and waits until it is issued.</summary>
internal static class ObtainCertificate
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <returns>The request's last state, with credential and serial number.</returns>
    public static async Task<JsonNode> RunAsync(Door door, ScriptedPhone phone, string algorithm, CancellationToken ct)
    {
        JsonNode request = await door.PostAsync("/registration/v1/requests", new()
        {
            ["product"] = "cloud-personal",
            ["algorithm"] = algorithm,
            ["language"] = "bg",
            ["publication"] = "certificate", // the person is invented, so the public register may show everything
        }, await phone.TokenAsync(ct), ct);
        await phone.ConfirmDataAsync(request, ct);
        string id = (string)request["requestId"]!;
        return await Polling.UntilAsync(
            async () => await door.GetAsync($"/registration/v1/requests/{id}", await phone.TokenAsync(ct), ct),
            r => (string?)r["state"] == "Issued", Patience, "the certificate was not issued", ct);
    }
}
