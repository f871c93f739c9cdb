using System.Globalization;
using Grpc.Core;
using Grpc.Core.Wire;

namespace Pechat.Shared.Tests.Calls;

/// <summary>The small grammars of PROTOCOL-HTTP2.</summary>
[TestFixture]
public sealed class WireTests
{
    [TestCase("1H", "01:00:00")]
    [TestCase("90M", "01:30:00")]
    [TestCase("10S", "00:00:10")]
    [TestCase("250m", "00:00:00.25")]
    [TestCase("99999999u", "00:01:39.999999")]
    [TestCase("1000n", "00:00:00.000001")]
    public void Timeout_is_read(string text, string expected)
    {
        Assert.That(GrpcTimeout.TryParse(text, out var timeout));
        Assert.That(timeout, Is.EqualTo(TimeSpan.Parse(expected, CultureInfo.InvariantCulture)));
    }

    [TestCase("00:00:10", "10000000u")]
    [TestCase("00:10:00", "600000m")]
    [TestCase("30.00:00:00", "2592000S")]
    [TestCase("100000.00:00:00", "2400000H")]
    [TestCase("00:00:00", "1u")]
    public void Timeout_is_written_in_at_most_eight_digits(string timeout, string expected) =>
        Assert.That(GrpcTimeout.Format(TimeSpan.Parse(timeout, CultureInfo.InvariantCulture)), Is.EqualTo(expected));

    [TestCase("plain", "plain")]
    [TestCase("100 %", "100 %25")]
    [TestCase("é\n", "%C3%A9%0A")]
    public void Status_message_is_percent_encoded(string message, string encoded)
    {
        Assert.That(StatusMessage.Encode(message), Is.EqualTo(encoded));
        Assert.That(StatusMessage.Decode(encoded), Is.EqualTo(message));
    }

    [TestCase("%")]
    [TestCase("%4")]
    [TestCase("%zz")]
    public void Invalid_percent_encoding_stays_as_it_is(string message) => Assert.That(StatusMessage.Decode(message), Is.EqualTo(message));

    [TestCase("AAH+/w==")]
    [TestCase("AAH+/w")]
    public void Binary_metadata_come_with_or_without_padding(string text)
    {
        var metadata = new Metadata();
        MetadataWire.Add(metadata, "K-Bin", text);
        Assert.That(metadata.GetValueBytes("k-bin"), Is.EqualTo(new byte[] { 0, 1, 254, 255 }));
    }

    [Test]
    public void Joined_binary_metadata_are_split()
    {
        var metadata = new Metadata();
        MetadataWire.Add(metadata, "k-bin", "AA==, AQ");
        Assert.That(metadata.GetAll("k-bin").Select(entry => entry.ValueBytes), Is.EqualTo(new byte[][] { [0], [1] }));
    }

    [TestCase("Käse", "x")]
    [TestCase("a b", "x")]
    [TestCase("a", "line\nbreak")]
    [TestCase("a-bin", "text")]
    public void Metadata_that_HTTP_could_not_carry_are_refused(string key, string value) =>
        Assert.That(() => new Metadata { { key, value } }, Throws.ArgumentException);

    // http-grpc-status-mapping.md
    [TestCase(400, StatusCode.Internal)]
    [TestCase(401, StatusCode.Unauthenticated)]
    [TestCase(403, StatusCode.PermissionDenied)]
    [TestCase(404, StatusCode.Unimplemented)]
    [TestCase(429, StatusCode.Unavailable)]
    [TestCase(502, StatusCode.Unavailable)]
    [TestCase(503, StatusCode.Unavailable)]
    [TestCase(504, StatusCode.Unavailable)]
    [TestCase(500, StatusCode.Unknown)]
    public void Http_status_is_mapped(int http, StatusCode expected) => Assert.That(GrpcProtocol.FromHttpStatus(http), Is.EqualTo(expected));
}
