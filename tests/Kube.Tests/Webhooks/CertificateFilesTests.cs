using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Nemotron.Kube.Tests;

public sealed class CertificateFilesTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly CertificateLifetimes Lifetimes = new();
    private static readonly string[] Names = ["hook.ns.svc", "hook.ns.svc.cluster.local", "hook.ns", "hook"];

    [Fact]
    public void WhatIsWritten_IsRead()
    {
        var files = Made();
        var read = CertificateFiles.Read(files.Write());
        read.Facts.Leaf!.IssuedBy.ShouldBe(files.Authorities[0].Thumbprint);
        read.Facts.Leaf.DnsNames.ShouldBe(Names);
        read.Facts.Issuer!.HasKey.ShouldBeTrue();
        read.Facts.Fault.ShouldBeNull();
        read.Bundle.ShouldBe(files.Bundle);
        read.Leaf!.HasPrivateKey.ShouldBeTrue();
        read.Leaf.NotAfter.ToUniversalTime().ShouldBe(Now.Add(Lifetimes.Leaf).UtcDateTime);
        CertificateDecision.Decide(Now, read.Facts, Names, Lifetimes).Keep.ShouldBeTrue();
    }

    [Fact]
    public void Authority_MaySignServersOnly_AndNoFurtherAuthority()
    {
        var authority = Made().Authorities[0];
        var basic = authority.Extensions.OfType<X509BasicConstraintsExtension>().Single();
        (basic.CertificateAuthority, basic.PathLengthConstraint, basic.Critical).ShouldBe((true, 0, true));
        Made().Leaf!.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages[0].Value.ShouldBe("1.3.6.1.5.5.7.3.1");
    }

    [Fact]
    public void NoLeaf_OutlivesItsAuthority()
    {
        var files = Made();
        var late = Now + Lifetimes.Authority - TimeSpan.FromDays(10);
        var renewed = files.With(new(false, true, "", late), "test", Names, late, Lifetimes, []);
        renewed.Facts.Leaf!.NotAfter.ShouldBe(files.Facts.Issuer!.NotAfter);
    }

    [Fact]
    public void NewAuthority_KeepsTheOldOneTrusted_AndTheLeaf()
    {
        var files = Made();
        var renewed = files.With(new(true, false, "", Now), "test", Names, Now.AddDays(250), Lifetimes, []);
        renewed.Authorities.Count.ShouldBe(2);
        renewed.Authorities[1].Thumbprint.ShouldBe(files.Authorities[0].Thumbprint);
        renewed.Facts.Leaf!.IssuedBy.ShouldBe(files.Authorities[0].Thumbprint);
        renewed.Facts.Issuer!.Id.ShouldBe(renewed.Authorities[0].Thumbprint);
    }

    [Fact]
    public void ExpiredAuthorities_AreDropped()
    {
        var later = Now + Lifetimes.Authority + TimeSpan.FromDays(1);
        Made().With(new(true, true, "", later), "test", Names, later, Lifetimes, []).Authorities.Count.ShouldBe(1);
    }

    [Fact]
    public void RememberedAuthorities_StayTrusted()
    {
        var before = Made();
        var anew = CertificateFiles.None.With(new(true, true, "", Now), "test", Names, Now, Lifetimes, before.Authorities);
        anew.Authorities.Select(a => a.Thumbprint).ShouldContain(before.Authorities[0].Thumbprint);
        anew.Facts.Leaf!.IssuedBy.ShouldBe(anew.Authorities[0].Thumbprint);
    }

    [Theory]
    [InlineData(CertificateFiles.LeafFile, "tls.crt and tls.key are no certificate with its key.")]
    [InlineData(CertificateFiles.LeafKeyFile, "tls.crt and tls.key are no certificate with its key.")]
    [InlineData(CertificateFiles.AuthoritiesFile, "ca.crt has no certificate of an authority.")]
    [InlineData(CertificateFiles.AuthorityKeyFile, "ca.key is not the key of the first certificate in ca.crt.")]
    public void Garbage_InAnyFile_IsToldAndNeverThrows(string file, string fault)
    {
        foreach (var garbage in new[] { "garbage", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "\0\u0001\u0002" })
        {
            var data = Made().Write();
            data[file] = Encoding.ASCII.GetBytes(garbage);
            var read = CertificateFiles.Read(data);
            read.Facts.Fault.ShouldBeOneOf(fault, $"{file} is not readable.");
            CertificateDecision.Decide(Now, read.Facts, Names, Lifetimes).Keep.ShouldBeFalse();
        }
    }

    [Fact]
    public void Parts_OfTwoSets_AreNotTakenForOne()
    {
        var data = Made().Write();
        data[CertificateFiles.LeafKeyFile] = Made().Write()[CertificateFiles.LeafKeyFile];
        CertificateFiles.Read(data).Leaf.ShouldBeNull();

        data = Made().Write();
        data[CertificateFiles.AuthoritiesFile] = Made().Write()[CertificateFiles.AuthoritiesFile];
        var read = CertificateFiles.Read(data);
        read.Facts.Leaf!.IssuedBy.ShouldBeNull();
        read.Facts.Issuer.ShouldBeNull();
    }

    private static CertificateFiles Made() => CertificateFiles.None.With(new(true, true, "", Now), "test", Names, Now, Lifetimes, []);
}
