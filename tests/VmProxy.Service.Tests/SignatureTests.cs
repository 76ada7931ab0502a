using VmProxy.Service.Notifications;

namespace VmProxy.Service.Tests;

sealed class SignatureTests
{
    [Test]
    public void A_signature_is_the_hmac_of_time_and_body()
    {
        // Computed with: printf '1700000000.{}' | openssl dgst -sha256 -hmac key
        Assert.That(WebhookChannel.Sign("key"u8, "1700000000", "{}"u8), Is.EqualTo("sha256=9d713ed406bb7076d4123f0dc2c39d2df5c654ed4b0cd56b52c8b4c940bd63ae"));
    }
}
