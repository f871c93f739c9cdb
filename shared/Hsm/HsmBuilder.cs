using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Pechat.Hosting;
using Pechat.Pkcs11;

namespace Pechat.Hsm;

/// <summary>Connects a key holder to its token.</summary>
public static class HsmBuilder
{
    /// <summary>Adds the token of section <c>Hsm</c> as a <see cref="TokenPool"/>; the service is ready while the token gives random octets.</summary>
    /// <param name="builder">The builder of Program.cs.</param>
    public static WebApplicationBuilder AddHsm(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddValidatedOptions<HsmOptions>("Hsm");
        builder.Services.AddSingleton(services => Open(services.GetRequiredService<HsmOptions>()));
        return builder.AddReadiness("hsm", async (services, ct) => await services.GetRequiredService<TokenPool>().RandomAsync(1, ct).ConfigureAwait(false));
    }

    /// <summary>Opens the token; also for verbs that run without a host.</summary>
    /// <param name="options">Section <c>Hsm</c>.</param>
    /// <exception cref="Pkcs11Exception">The token is missing or refuses the PIN.</exception>
    public static TokenPool Open(HsmOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        string pin = File.ReadAllText(options.PinFile).Trim();
        return Pkcs11Module.Load(options.Library).OpenPool(new TokenPoolOptions(options.TokenLabel, pin) { Sessions = options.Sessions });
    }
}
