using System.Text;
using Pechat.AdES;
using Pechat.AdES.Jades;
using Pechat.AdES.Xades;

namespace Pechat.Shared.Tests.AdES;

/// <summary>Whatever is done to a signature in XML or JSON, extension answers or refuses with the documented exception, at once.</summary>
[TestFixture]
internal sealed class FormatFuzzTests
{
    private const int Rounds = 2000;
    private static readonly SignatureClaims Claims = new() { SigningTime = Signer.Now };
    private static readonly ValidationData Nothing = new([], [], []);
    private static readonly string[] Pieces =
    [
        "<", ">", "&", "&#0;", "\"", "'", "{", "}", "[", "]", ",", ":", "\\ud800", "null", "<!DOCTYPE a>", "<![CDATA[", "]]>", "<!--", "xmlns=\"\"", "xmlns:ds=\"urn:x\"", "Id=\"x\"",
        "\"payload\":1", "\"header\":{}", "-1e999", "\u0000", "\ufeff", "URI=\"#nothing\"", "encoding=\"utf-7\"",
    ];

    private readonly Signer _signer = new();

    [OneTimeTearDown]
    public void Dispose() => _signer.Dispose();

    [Test]
    public void Xml_that_is_damaged_is_extended_or_refused()
    {
        PendingSignature pending = XadesSigner.PrepareEnveloped("<?xml version=\"1.0\"?><a b='c'><d Id='e'/>f</a>"u8.ToArray(), Claims, _signer.Certificate, [], _signer.Algorithm);
        byte[] valid = XadesSigner.Complete(pending, _signer.SignDigest(pending.Digest));
        Damage(valid, 11, damaged => XadesExtension.ArchiveAsync(damaged, 0, null, _signer.StampAsync, Pechat.Pki.DigestAlgorithm.Sha256, default).GetAwaiter().GetResult());
    }

    [Test]
    public void Json_that_is_damaged_is_extended_or_refused()
    {
        PendingSignature pending = JadesSigner.Prepare("{}"u8.ToArray(), Claims, _signer.Certificate, [], _signer.Algorithm);
        byte[] valid = JadesSigner.Complete(pending, _signer.SignDigest(pending.Digest), JwsSerialization.General);
        valid = JadesExtension.StampAsync(valid, 0, _signer.StampAsync, Pechat.Pki.DigestAlgorithm.Sha256, default).GetAwaiter().GetResult();
        Damage(valid, 13, damaged => JadesExtension.AddValidationData(damaged, 0, Nothing));
    }

    private static void Damage(byte[] valid, int seed, Action<byte[]> extend)
    {
        var random = new Random(seed);
        for (int round = 0; round < Rounds; round++)
        {
            var damaged = new List<byte>(valid);
            for (int changes = random.Next(1, 4); changes > 0; changes--)
            {
                int at = random.Next(damaged.Count);
                switch (random.Next(4))
                {
                    case 0:
                        damaged[at] = (byte)random.Next(256);
                        break;
                    case 1:
                        damaged.RemoveRange(at, random.Next(1, Math.Min(30, damaged.Count - at + 1)));
                        break;
                    default:
                        damaged.InsertRange(at, Encoding.UTF8.GetBytes(Pieces[random.Next(Pieces.Length)]));
                        break;
                }
            }
            try
            {
                extend([.. damaged]);
            }
            catch (SignatureException)
            {
                // the only exception documented
            }
        }
    }
}
