using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Pechat.Contracts.SignatureActivation.V1;

namespace Pechat.SignatureActivation;

/// <summary>Instruments of the module; named like the assembly.</summary>
internal static class Telemetry
{
    private static readonly Meter Meter = new("Pechat.SignatureActivation");

    internal static readonly Counter<long> Signatures =
        Meter.CreateCounter<long>("pechat.signatureactivation.signatures", "{signature}", "Signatures released.");

    internal static readonly Counter<long> Refusals =
        Meter.CreateCounter<long>("pechat.signatureactivation.refusals", "{call}", "Activations and signings refused, by code.");

    /// <summary>Keys made ahead that were left when the pools were last looked after.</summary>
    internal static readonly ConcurrentDictionary<KeyAlgorithm, int> SpareKeysLeft = new();

    internal static readonly ObservableGauge<int> SpareKeys = Meter.CreateObservableGauge("pechat.signatureactivation.sparekeys",
        () => SpareKeysLeft.Select(each => new Measurement<int>(each.Value, new KeyValuePair<string, object?>("algorithm", each.Key.ToString()))),
        "{key}", "Keys made ahead, by algorithm.");

    internal static readonly Counter<long> KeysCreated =
        Meter.CreateCounter<long>("pechat.signatureactivation.keys.created", "{key}", "Users' keys, by algorithm and whether they were made ahead.");

    internal static readonly Histogram<double> SignDuration =
        Meter.CreateHistogram<double>("pechat.signatureactivation.sign.duration", "s", "Time of one Sign call.");
}
