using System.Formats.Asn1;

namespace Pechat.AdES.Asic;

/// <summary>The first half of a signed container: the pending signature, and which files with which hashes it is over. It can be stored.</summary>
public sealed class PendingContainer
{
    internal PendingContainer(AsicForm form, PendingSignature signature, DateTimeOffset signingTime, IReadOnlyList<(string Name, string MimeType, ReadOnlyMemory<byte> Digest)> files)
    {
        Form = form;
        Signature = signature;
        SigningTime = signingTime;
        Files = files;
    }

    /// <summary>Kind of the container.</summary>
    public AsicForm Form { get; }

    /// <summary>What a key holder signs.</summary>
    public PendingSignature Signature { get; }

    /// <summary>Claimed time of signing, also that of the entries.</summary>
    internal DateTimeOffset SigningTime { get; }

    /// <summary>The files by the hash of the signature algorithm.</summary>
    internal IReadOnlyList<(string Name, string MimeType, ReadOnlyMemory<byte> Digest)> Files { get; }

    /// <summary>One self-contained block of bytes, for storage on our own side; the files are not in it.</summary>
    public byte[] Encode()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger((int)Form);
            writer.WriteGeneralizedTime(SigningTime.ToUniversalTime(), omitFractionalSeconds: true);
            writer.WriteOctetString(Signature.Encode());
            using (writer.PushSequence())
            {
                foreach ((string name, string type, ReadOnlyMemory<byte> digest) in Files)
                {
                    writer.WriteCharacterString(UniversalTagNumber.UTF8String, name);
                    writer.WriteCharacterString(UniversalTagNumber.UTF8String, type);
                    writer.WriteOctetString(digest.Span);
                }
            }
        }
        return writer.Encode();
    }

    /// <summary>Reads what <see cref="Encode"/> wrote; the bytes must come from storage that only we write.</summary>
    /// <param name="encoded">The block.</param>
    /// <exception cref="AsnContentException">The block is not one of ours.</exception>
    public static PendingContainer FromTrusted(ReadOnlyMemory<byte> encoded)
    {
        AsnReader reader = new AsnReader(encoded, AsnEncodingRules.DER).ReadSequence();
        var form = (AsicForm)(int)reader.ReadInteger();
        DateTimeOffset time = reader.ReadGeneralizedTime();
        var signature = PendingSignature.FromTrusted(reader.ReadOctetString());
        var files = new List<(string, string, ReadOnlyMemory<byte>)>();
        for (AsnReader list = reader.ReadSequence(); list.HasData;)
            files.Add((list.ReadCharacterString(UniversalTagNumber.UTF8String), list.ReadCharacterString(UniversalTagNumber.UTF8String), list.ReadOctetString()));
        reader.ThrowIfNotEmpty();
        return new PendingContainer(form, signature, time, files);
    }
}
