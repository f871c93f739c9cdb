using MassTransit;
using Npgsql;
using Pechat.Contracts.Events.Identity;

namespace Pechat.Notifications.Notices;

/// <summary>Tells the customer when the profile was locked, opened again or closed, and how identification ended .</summary>
internal sealed class NoticesOfProfile(NpgsqlDataSource db, TimeProvider clock)
    : IConsumer<CustomerLocked>, IConsumer<CustomerUnlocked>, IConsumer<CustomerClosed>, IConsumer<VerificationDecided>
{
    public Task Consume(ConsumeContext<CustomerLocked> context) => KeepAsync(context, context.Message.CustomerId, "profile-locked", context.Message.At);

    public Task Consume(ConsumeContext<CustomerUnlocked> context) => KeepAsync(context, context.Message.CustomerId, "profile-unlocked", context.Message.At);

    public Task Consume(ConsumeContext<CustomerClosed> context) => KeepAsync(context, context.Message.CustomerId, "profile-closed", context.Message.At);

    // An attempt that was abandoned or failed is known to whoever made it.
    public Task Consume(ConsumeContext<VerificationDecided> context) => context.Message.Outcome is "positive" or "negative" or "suspended"
        ? KeepAsync(context, context.Message.CustomerId, "verification-" + context.Message.Outcome, context.Message.At) : Task.CompletedTask;

    private Task KeepAsync(ConsumeContext context, Guid customer, string kind, DateTimeOffset at) => Notice.KeepAsync(
        db, context, nameof(NoticesOfProfile), customer, kind, new Dictionary<string, string> { ["at"] = Notice.Show(at) }, clock.GetUtcNow());
}
