using Pechat.Pkcs11;
using Pechat.SignatureActivation.Keys;
using Pechat.Testing;

namespace Pechat.SignatureActivation.Tests.Keys;

public sealed class ModuleKeysTests
{
    [Test]
    public async Task Init_makes_five_keys_once_and_none_of_them_can_be_taken_out()
    {
        using TokenPool pool = TestHsm.Create().OpenPool(1);
        InvalidOperationException? missing = Assert.ThrowsAsync<InvalidOperationException>(() => ModuleKeys.LoadAsync(pool, CancellationToken.None));
        Assert.That(missing!.Message, Does.Contain("init"));
        Assert.That(await ModuleKeys.InitializeAsync(pool, CancellationToken.None), Has.Count.EqualTo(5));
        ModuleKeys keys = await ModuleKeys.LoadAsync(pool, CancellationToken.None);
        Assert.That(await ModuleKeys.InitializeAsync(pool, CancellationToken.None), Is.Empty);
        foreach (TokenKey key in new[] { keys.Keks.CurrentKey, keys.RowBinding, keys.PinVerifier, keys.PinEncryption })
        {
            Pkcs11Exception? refusal = Assert.ThrowsAsync<Pkcs11Exception>(async () => await pool.WrapAsync(keys.Keks.CurrentKey, Mechanism.AesKeyWrapPad, key));
            Assert.That(refusal!.Result, Is.EqualTo(ReturnValue.KeyUnextractable), key.Label);
        }
    }

    [Test]
    public void Fields_of_a_mac_cannot_be_shifted_into_each_other() =>
        Assert.That(new MacInput("p").Add("ab").Add("c").ToArray(), Is.Not.EqualTo(new MacInput("p").Add("a").Add("bc").ToArray()));
}
