using Pechat.Hosting;
using Pechat.Hsm;
using Pechat.Pkcs11;

namespace Pechat.SignatureActivation.Keys;

/// <summary>
/// Verb <c>rollover</c>: makes the next generation of the KEK. Running processes notice it within <see cref="Credentials.RewrapKeys.Period"/> and wrap
/// all users' keys again, while signing goes on.
/// </summary>
internal static class RollOverKek
{
    /// <returns>True when it ran, and the programme shall end.</returns>
    internal static async Task<bool> RunIfAskedAsync(string[] args)
    {
        if (args is not ["rollover", ..])
            return false;
        using TokenPool pool = HsmBuilder.Open(ValidatedOptions.Read<HsmOptions>(InitialiseModule.Configuration(args), "Hsm"));
        var ring = new KekRing(pool);
        await ring.RefreshAsync(CancellationToken.None);
        if (ring.Current == 0)
            throw new InvalidOperationException("the token has no KEK yet: run the verb init first");
        await Console.Out.WriteLineAsync($"signature-activation: made key {await ring.MakeNextAsync(CancellationToken.None)}");
        return true;
    }
}
