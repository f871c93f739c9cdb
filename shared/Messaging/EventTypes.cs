using System.Collections.Frozen;
using System.Reflection;
using MassTransit;
using Pechat.Contracts;
using Pechat.Persistence;

namespace Pechat.Messaging;

/// <summary>The events of Contracts by wire name.</summary>
internal static class EventTypes
{
    private static readonly FrozenDictionary<string, Type> ByName = typeof(FaultException).Assembly.GetTypes()
        .Where(t => t.GetCustomAttribute<EntityNameAttribute>() is not null)
        .ToFrozenDictionary(Outbox.NameOf, StringComparer.Ordinal);

    /// <summary>All wire names that this version can publish.</summary>
    internal static string[] Names { get; } = [.. ByName.Keys];

    internal static Type Of(string name) => ByName[name];
}
