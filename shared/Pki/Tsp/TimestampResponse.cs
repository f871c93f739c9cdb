using System.Formats.Asn1;

namespace Pechat.Pki;

/// <summary>PKIFailureInfo of a refused time stamp (RFC 3161 §2.4.2); the value is the number of the bit.</summary>
public enum TimestampFailure
{
    /// <summary>Unrecognised or unsupported hash algorithm.</summary>
    BadAlgorithm = 0,

    /// <summary>The transaction is not permitted or supported.</summary>
    BadRequest = 2,

    /// <summary>The data has the wrong format.</summary>
    BadDataFormat = 5,

    /// <summary>The clock is not available.</summary>
    TimeNotAvailable = 14,

    /// <summary>The policy asked for is not supported.</summary>
    UnacceptedPolicy = 15,

    /// <summary>An extension asked for is not supported.</summary>
    UnacceptedExtension = 16,

    /// <summary>Additional information asked for is not available.</summary>
    AdditionalInfoNotAvailable = 17,

    /// <summary>The request cannot be handled because of a failure.</summary>
    SystemFailure = 25,
}

/// <summary>TimeStampResp (RFC 3161 §2.4.2).</summary>
public sealed class TimestampResponse
{
    private const int GrantedWithMods = 1;
    private const int Rejection = 2;

    private TimestampResponse(int status, TimestampFailure? failure, string? text, ReadOnlyMemory<byte>? token)
    {
        Status = status;
        Failure = failure;
        Text = text;
        Token = token;
    }

    /// <summary>PKIStatus: 0 granted, 1 granted with modifications, above that refused.</summary>
    public int Status { get; }

    /// <summary>True when there is a token.</summary>
    public bool IsGranted => Token is not null;

    /// <summary>Why it was refused; null when granted or not stated.</summary>
    public TimestampFailure? Failure { get; }

    /// <summary>First text of the status; null when absent.</summary>
    public string? Text { get; }

    /// <summary>DER of the token; null when refused.</summary>
    public ReadOnlyMemory<byte>? Token { get; }

    /// <summary>DER of a response that grants.</summary>
    /// <param name="token">DER of the token.</param>
    public static byte[] Granted(ReadOnlySpan<byte> token)
    {
        AsnWriter writer = Der.Writer();
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
                writer.WriteInteger(0);
            writer.WriteEncodedValue(token);
        }
        return writer.Encode();
    }

    /// <summary>DER of a response that refuses.</summary>
    /// <param name="failure">Why.</param>
    public static byte[] Refused(TimestampFailure failure) => Der.Encode(writer =>
    {
        using (writer.PushSequence())
        using (writer.PushSequence())
        {
            writer.WriteInteger(Rejection);
            int bit = (int)failure;
            byte[] bits = new byte[(bit / 8) + 1]; // a named bit list has no trailing zero bits
            bits[^1] = (byte)(0x80 >> (bit % 8));
            writer.WriteBitString(bits, 7 - (bit % 8));
        }
    });

    /// <summary>Reads an untrusted response.</summary>
    /// <param name="der">Exactly one response.</param>
    /// <exception cref="AsnContentException">The data is not DER, has another shape, or status and token contradict each other.</exception>
    public static TimestampResponse Parse(ReadOnlyMemory<byte> der)
    {
        AsnReader outer = Der.CmsReader(der);
        AsnReader sequence = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        AsnReader info = sequence.ReadSequence();
        int status = Der.SmallInteger(info);
        string? text = Der.NextIs(info, UniversalTagNumber.Sequence) ? ReadText(info.ReadSequence()) : null;
        TimestampFailure? failure = info.HasData ? ReadFailure(info) : null;
        info.ThrowIfNotEmpty();
        ReadOnlyMemory<byte>? token = null;
        if (sequence.HasData)
            token = sequence.ReadEncodedValue();
        sequence.ThrowIfNotEmpty();
        if (status is >= 0 and <= GrantedWithMods != token is not null)
            throw new AsnContentException("A token is present exactly when the request was granted.");
        return new TimestampResponse(status, failure, text, token);
    }

    private static string ReadText(AsnReader texts)
    {
        string first = texts.ReadCharacterString(UniversalTagNumber.UTF8String);
        while (texts.HasData)
            texts.ReadCharacterString(UniversalTagNumber.UTF8String);
        return first;
    }

    private static TimestampFailure? ReadFailure(AsnReader info)
    {
        byte[] bits = info.ReadBitString(out _);
        for (int bit = 0; bit < bits.Length * 8; bit++)
        {
            if ((bits[bit / 8] & (0x80 >> (bit % 8))) != 0)
                return (TimestampFailure)bit;
        }
        return null;
    }
}
