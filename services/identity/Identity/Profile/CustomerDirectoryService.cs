using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.Identity.V1;
using Pechat.Identity.Devices;

namespace Pechat.Identity.Profile;

/// <summary>What other services may know about a customer.</summary>
internal sealed partial class CustomerDirectoryService(NpgsqlDataSource db, NotMe notMe, ProfileCodes codes, TimeProvider clock) : CustomerDirectory.CustomerDirectoryBase
{
    private static Guid ReadId(string text, string name) =>
        Guid.TryParseExact(text, "D", out Guid id) ? id : throw FaultException.Invalid("invalid_request", $"{name} must be a UUID");
}
