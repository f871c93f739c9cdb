using MassTransit;

namespace Pechat.Messaging;

/// <summary>Queues are named <c>&lt;service&gt;.&lt;consumer-in-kebab-case&gt;</c>.</summary>
internal sealed class QueueNames(string service) : KebabCaseEndpointNameFormatter(includeNamespace: false)
{
    public override string SanitizeName(string name) => service + "." + base.SanitizeName(name);
}
