using Grpc.Core;
using Pechat.Contracts.Identity.V1;
using Pechat.Hosting;

namespace Pechat.Identity.Profile;

internal sealed partial class CustomerDirectoryService
{
    /// <summary>The link by which the receiver of a notice says that the new device is not theirs.</summary>
    [Callers("notifications")]
    public override Task<NotMeLink> GetNotMeLink(GetNotMeLinkRequest request, ServerCallContext context) =>
        Task.FromResult(new NotMeLink { Url = notMe.LinkFor(ReadId(request.DeviceId, "device_id")).ToString() });
}
